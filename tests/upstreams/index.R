# index.R FOLDER [without-meta]: the indexes of a CRAN whose files are in FOLDER, as CRAN has them: PACKAGES of each
# contrib folder by tools::write_PACKAGES, Meta/current.rds and Meta/archive.rds as data frames of file.info.
arguments <- commandArgs(trailingOnly = TRUE)
root <- arguments[1]

binaries <- function(pattern, type) {
  folders <- dirname(Sys.glob(file.path(root, pattern)))
  for (folder in unique(folders)) tools::write_PACKAGES(folder, type = type)
}

contrib <- file.path(root, "src", "contrib")
setwd(contrib)
recommended <- Sys.glob(file.path("*", "Recommended"))
tools::write_PACKAGES(".", type = "source", latestOnly = FALSE,
                      subdirs = if (length(recommended)) recommended else FALSE)

if (length(arguments) == 1) {
  dir.create("Meta", showWarnings = FALSE)
  current <- list.files(pattern = "[.]tar[.]gz$")
  saveRDS(file.info(current), file.path("Meta", "current.rds"))
  archive <- list()
  if (dir.exists("Archive")) {
    setwd("Archive")
    names <- list.files(recursive = TRUE, pattern = "[.]tar[.]gz$")
    archive <- lapply(split(names, dirname(names)), file.info)
    setwd("..")
  }
  saveRDS(archive, file.path("Meta", "archive.rds"))
}

binaries("bin/windows/contrib/*/*.zip", "win.binary")
binaries("bin/macosx/*/contrib/*/*.tgz", "mac.binary")
