#include <math.h>

#include <R.h>
#include <R_ext/Rdynload.h>
#include <Rinternals.h>

static SEXP phi(SEXP diameter) {
  const R_xlen_t n = XLENGTH(diameter);
  SEXP result = PROTECT(allocVector(REALSXP, n));
  for (R_xlen_t i = 0; i < n; ++i) REAL(result)[i] = -log2(REAL(diameter)[i]);
  UNPROTECT(1);
  return result;
}

/* phi is sorted; linear between the sieves, as curves of grain size are read. */
static SEXP percentile(SEXP phi, SEXP mass, SEXP p) {
  const R_xlen_t n = XLENGTH(phi);
  double total = 0, before = 0;
  for (R_xlen_t i = 0; i < n; ++i) total += REAL(mass)[i];
  const double wanted = REAL(p)[0] * total;
  for (R_xlen_t i = 0; i < n; ++i) {
    const double after = before + REAL(mass)[i];
    if (after >= wanted && after > 0) {
      if (i == 0 || after == before) return ScalarReal(REAL(phi)[i]);
      const double share = (wanted - before) / (after - before);
      return ScalarReal(REAL(phi)[i - 1] + share * (REAL(phi)[i] - REAL(phi)[i - 1]));
    }
    before = after;
  }
  return ScalarReal(NA_REAL);
}

static const R_CallMethodDef methods[] = {
    {"C_phi", (DL_FUNC)&phi, 1}, {"C_percentile", (DL_FUNC)&percentile, 3}, {NULL, NULL, 0}};

void R_init_grainsize(DllInfo* dll) {
  R_registerRoutines(dll, NULL, methods, NULL, NULL);
  R_useDynamicSymbols(dll, FALSE);
}
