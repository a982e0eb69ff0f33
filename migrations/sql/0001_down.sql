drop table import_rejection, import, app_user;
