#pragma once
/// The keys of a profile: its own, or those of a role that it names.
/// docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html

#include <memory>
#include <string_view>

#include "blob/s3/credentials.h"

namespace granary::blob::s3 {

/// With role_arn the keys of that role, asked for with the keys of source_profile (which may name a role
/// itself), with those of credential_source (Environment, EcsContainer, Ec2InstanceMetadata), or with
/// web_identity_token_file; external_id, role_session_name and duration_seconds go along. Otherwise the keys
/// in the files, which are read when they are asked for. Errc::invalid_argument when what is written there is
/// no way to a key, or one that is not taken: mfa_serial, credential_process, sso.
Result<std::unique_ptr<CredentialSource>> profile_credentials(const S3Options& options, const TextOf& file,
                                                              std::string_view profile);
/// Whether it says anything about keys.
bool has_credentials(const S3Options& options, const TextOf& file, std::string_view profile);

}  // namespace granary::blob::s3
