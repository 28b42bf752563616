# Krumbein's phi of diameters in millimetres: 0 is 1 mm, each step up is half the size.
phi <- function(diameter) .Call(C_phi, as.double(diameter))

# The phi below which the share p of the mass of a sieved sample is coarser.
percentile <- function(phi, mass, p = 0.5) {
  stopifnot(length(phi) == length(mass), all(mass >= 0), p >= 0, p <= 1)
  order <- order(phi)
  .Call(C_percentile, as.double(phi)[order], as.double(mass)[order], as.double(p))
}
