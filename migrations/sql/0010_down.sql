drop function count_one_angel, count_one_polo;
