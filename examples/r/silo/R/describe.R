# Mean, sorting and a word for the sorting (Folk and Ward, 1957).
describe <- function(phi, mass) {
  at <- function(p) percentile(phi, mass, p)
  sorting <- (at(0.84) - at(0.16)) / 4 + (at(0.95) - at(0.05)) / 6.6
  words <- c("very well sorted", "well sorted", "moderately well sorted", "moderately sorted", "poorly sorted",
             "very poorly sorted", "extremely poorly sorted")
  list(mean = (at(0.16) + at(0.5) + at(0.84)) / 3,
       sorting = sorting,
       word = words[findInterval(sorting, c(0, 0.35, 0.5, 0.71, 1, 2, 4))])
}
