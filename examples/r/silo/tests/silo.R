library(silo)
stopifnot(describe(c(0, 1, 2, 3), c(5, 40, 45, 10))$word == "moderately sorted")
