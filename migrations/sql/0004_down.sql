drop table holiday;
