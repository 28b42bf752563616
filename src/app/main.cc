#include <unistd.h>
#include <cstdio>
#include <cstring>
#include "app/serve.h"
extern char** environ;
int main(int argc, char** argv) {
  granary::config::Environment env;
  for (char** e = environ; *e; ++e) { const char* q = std::strchr(*e, '='); if (q) env.emplace(std::string(*e, q), q + 1); }
  auto r = granary::app::serve(argc > 3 ? argv[3] : "", env);
  if (!r) { std::fprintf(stderr, "granary: %s; %s\n", r.error().message().c_str(), r.error().hint().c_str()); return 1; }
}
