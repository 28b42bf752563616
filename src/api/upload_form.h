#pragma once
/// From the form of an upload to what ingest::Ingest takes. Pure.

#include <string>
#include <vector>

#include "base/result.h"
#include "http/multipart.h"
#include "ingest/ingest.h"

namespace granary::api {

struct UploadForm {
  ingest::Upload upload;                 // without its bytes
  const http::FormFile* file = nullptr;  // in the form that was read
  std::vector<std::string> warnings;
};

/// Errors: invalid_argument; unsupported for actions that PyPI once had (submit, doc_upload).
Result<UploadForm> read_upload_form(const http::Form& form);

}  // namespace granary::api
