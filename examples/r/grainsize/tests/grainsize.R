library(grainsize)
stopifnot(phi(c(2, 1, 0.5)) == c(-1, 0, 1))
stopifnot(percentile(c(2, 0, 1), c(1, 1, 2)) == 0.5)
