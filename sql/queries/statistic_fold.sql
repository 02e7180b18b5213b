SELECT statistic_fold()
