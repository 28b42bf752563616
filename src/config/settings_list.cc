#include "config/settings_list.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace granary::config {
namespace {

#define GRANARY_AT(member) [](Settings& s) -> Target { return &s.member; }

constexpr SettingSpec later(std::string_view section, std::string_view key, Type type,
                            std::string_view what) {
  return {section, key, type, {}, what};
}

// Sections stay together: the reference and the example are printed in this order.
constexpr auto kSettings = std::to_array<SettingSpec>({
    {"Server", "Address", Type::string, "",
     "Public URL of the server, with its path when it is below one (https://packages.example.com/granary). "
     "Printed in set-up lines and used for absolute links.",
     GRANARY_AT(server.address)},
    {"Server", "NodeName", Type::string, "",
     "Name of this node in the cluster, which no other has; empty: the host name.",
     GRANARY_AT(server.node_name)},
    {"Server", "Role", Type::string, "all",
     "What this node does: web serves packages and runs no jobs, worker runs jobs and answers the API alone.",
     GRANARY_AT(server.role), "all,web,worker"},
    {"Server", "DataDir", Type::string, "/var/lib/granary",
     "Folder of everything that the server keeps on this machine.", GRANARY_AT(server.data_dir)},
    {"Server", "SockFileDir", Type::string, "{DataDir}/run",
     "Folder of granary.sock, through which the command line administers this server: who may write to the "
     "file may administer.",
     GRANARY_AT(server.sock_file_dir)},
    {"Server", "AccessLog", Type::string, "",
     "Where a line per request is written: STDOUT or a file; empty turns it off.",
     GRANARY_AT(server.access_log)},
    {"Server", "AccessLogFormat", Type::string, "common", "Format of the access log.",
     GRANARY_AT(server.access_log_format), "common,combined"},
    later("Server", "ServiceLog", Type::string, "Log of package downloads."),
    {"Server", "RVersion", Type::string, "",
     "R that builds packages from git: the folder of an installation, which holds bin/R; empty: the one that "
     "is "
     "found.",
     GRANARY_AT(server.r_version)},
    {"Server", "PythonVersion", Type::string, "",
     "Python that builds packages from git: the folder of an installation, which holds bin/python3 and the "
     "module build; empty: the one that is found.",
     GRANARY_AT(server.python_version)},
    later("Server", "LauncherDir", Type::string, "Folder of the job launcher."),
    {"Server", "EncryptionKeyPath", Type::string, "{DataDir}/granary.key",
     "File of the key for encrypted settings, the same on every node; GRANARY_ENCRYPTION_KEY may hold the "
     "key "
     "itself. A file other than the default must exist.",
     GRANARY_AT(server.encryption_key_path)},
    later("Server", "UsageDataEnabled", Type::boolean, "Whether downloads are counted per package."),
    later("Server", "CustomHome", Type::string, "Page shown in place of the home page."),
    later("Server", "CustomHomeTitle", Type::string, "Title of that page."),
    later("Server", "HideVersion", Type::boolean, "Whether the version is left out of answers."),
    later("Server", "TempDir", Type::string, "Folder for temporary files."),
    {"HTTP", "Listen", Type::string, ":4242", "Address and port for HTTP; empty turns it off.",
     GRANARY_AT(http.listen)},
    {"HTTP", "TrustedProxies", Type::string, "",
     "Networks of the proxies in front, with commas between them (10.0.0.0/8, 192.0.2.7): only what these "
     "say "
     "of clients is believed (X-Forwarded-*, X-RSPM-Request, PROXY protocol). Empty: what anybody says.",
     GRANARY_AT(http.trusted_proxies)},
    {"HTTP", "ProxyProtocol", Type::boolean, "false",
     "Whether each connection begins with a header of the PROXY protocol (1 or 2); one that does not is "
     "closed.",
     GRANARY_AT(http.proxy_protocol)},
    later("HTTP", "NoWarning", Type::boolean, "Whether the warning about plain HTTP is left out."),
    later("HTTP", "ForceSecure", Type::boolean, "Whether cookies are marked secure."),
    {"HTTPS", "Listen", Type::string, "", "Address and port for HTTPS; empty turns it off.",
     GRANARY_AT(https.listen)},
    {"HTTPS", "Certificate", Type::string, "", "File of the certificate and its chain (PEM).",
     GRANARY_AT(https.certificate)},
    {"HTTPS", "Key", Type::string, "", "File of the private key (PEM).", GRANARY_AT(https.key)},
    {"HTTPS", "MinimumTLS", Type::string, "1.2", "Oldest version of TLS that is accepted.",
     GRANARY_AT(https.minimum_tls), "1.0,1.1,1.2,1.3"},
    {"HTTPS", "ProxyProtocol", Type::boolean, "false", "As HTTP.ProxyProtocol.",
     GRANARY_AT(https.proxy_protocol)},
    {"HTTPS", "Permanent", Type::boolean, "false",
     "Whether browsers are told to use HTTPS only (Strict-Transport-Security, 30 days).",
     GRANARY_AT(https.permanent)},
    {"HTTPRedirect", "Listen", Type::string, "",
     "Address and port where HTTP requests are redirected to HTTPS; empty turns it off.",
     GRANARY_AT(http_redirect.listen)},
    {"Database", "Provider", Type::string, "sqlite", "Kind of database.", GRANARY_AT(database.provider),
     "sqlite,postgres"},
    {"Database", "ConnectionTimeout", Type::duration, "10s", "How long opening a connection may take.",
     GRANARY_AT(database.connection_timeout)},
    {"SQLite", "Dir", Type::string, "{DataDir}/db",
     "Folder of the SQLite database; never on a network file system.", GRANARY_AT(sqlite.dir)},
    {"Postgres", "URL", Type::string, "",
     "postgres://user@host:5432/database?search_path=schema&sslmode=require", GRANARY_AT(postgres.url)},
    {"Postgres", "Password", Type::secret, "", "Password; takes the place of one in the URL.",
     GRANARY_AT(postgres.password)},
    {"Postgres", "OutagePatience", Type::duration, "10s",
     "For so long after the database went away installers that need it wait for it, as in a failover; then "
     "they are told to come later (503).",
     GRANARY_AT(postgres.outage_patience)},
    later("Postgres", "UsageDataURL", Type::string, "Second database or schema for usage data."),
    later("Postgres", "UsageDataPassword", Type::secret, "Password of the second database."),
    {"PostgresPool", "MaxOpenConnections", Type::integer, "10", "Most connections that this node opens.",
     GRANARY_AT(postgres_pool.max_open_connections), "", "MaxOpenConns,MaxConnections"},
    {"PostgresPool", "MaxIdleConnections", Type::integer, "2", "Most connections kept open while idle.",
     GRANARY_AT(postgres_pool.max_idle_connections), "", "MaxIdleConns"},
    {"PostgresPool", "MaxConnectionLifetime", Type::duration, "0s",
     "A connection older than this is replaced; 0s: never.",
     GRANARY_AT(postgres_pool.max_connection_lifetime), "",
     "ConnectionMaxLifetime,ConnMaxLifetime,MaxConnLifetime"},
    {"PostgresPool", "MaxConnectionIdleTime", Type::duration, "0s",
     "A connection idle for longer is closed; 0s: never.", GRANARY_AT(postgres_pool.max_connection_idle_time),
     "", "ConnectionMaxIdleTime,ConnMaxIdleTime,MaxConnIdleTime"},
    {"Storage", "Default", Type::string, "file", "Where the bytes of packages are kept.",
     GRANARY_AT(storage.fallback), "file,s3"},
    later("Storage", "Bioconductor", Type::string, "Storage of the class bioconductor."),
    later("Storage", "Binaries", Type::string, "Storage of the class binaries."),
    later("Storage", "Cache", Type::string, "Storage of the class cache."),
    later("Storage", "CRAN", Type::string, "Storage of the class cran."),
    later("Storage", "Git", Type::string, "Storage of the class git."),
    later("Storage", "Launcher", Type::string, "Storage of the class launcher."),
    later("Storage", "Metrics", Type::string, "Storage of the class metrics."),
    later("Storage", "Packages", Type::string, "Storage of the class packages."),
    later("Storage", "Persistent", Type::string, "Storage of the class persistent."),
    later("Storage", "PyPI", Type::string, "Storage of the class pypi."),
    later("Storage", "OpenVSX", Type::string, "Storage of the class openvsx."),
    {"FileStorage", "Location", Type::string, "{DataDir}/packages",
     "Folder of the bytes of packages, when Storage.Default is file.", GRANARY_AT(file_storage.location), "",
     "Dir"},
    later("FileStorage", "Bioconductor", Type::string, "Folder of the class bioconductor."),
    later("FileStorage", "Binaries", Type::string, "Folder of the class binaries."),
    later("FileStorage", "Cache", Type::string, "Folder of the class cache."),
    later("FileStorage", "CRAN", Type::string, "Folder of the class cran."),
    later("FileStorage", "Git", Type::string, "Folder of the class git."),
    later("FileStorage", "Launcher", Type::string, "Folder of the class launcher."),
    later("FileStorage", "Metrics", Type::string, "Folder of the class metrics."),
    later("FileStorage", "Packages", Type::string, "Folder of the class packages."),
    later("FileStorage", "Persistent", Type::string, "Folder of the class persistent."),
    later("FileStorage", "PyPI", Type::string, "Folder of the class pypi."),
    later("FileStorage", "OpenVSX", Type::string, "Folder of the class openvsx."),
    {"S3Storage", "Bucket", Type::string, "", "Bucket, when Storage.Default is s3.", GRANARY_AT(s3.bucket)},
    {"S3Storage", "Prefix", Type::string, "", "Put in front of the name of every object.",
     GRANARY_AT(s3.prefix)},
    {"S3Storage", "Region", Type::string, "us-east-1", "Region of the bucket.", GRANARY_AT(s3.region)},
    {"S3Storage", "Profile", Type::string, "",
     "Profile of AWS's shared files: its keys, or those of the role that it names.", GRANARY_AT(s3.profile)},
    {"S3Storage", "Endpoint", Type::string, "", "URL of another service with the same interface; empty: AWS.",
     GRANARY_AT(s3.endpoint)},
    {"S3Storage", "PublicEndpoint", Type::string, "",
     "URL of the same service as clients reach it, for repositories whose downloads are redirected; empty: "
     "Endpoint.",
     GRANARY_AT(s3.public_endpoint)},
    {"S3Storage", "RedirectLifetime", Type::duration, "10m",
     "How long the URL of a redirected download can be used at most, from 10s to 168h. A download that has "
     "begun "
     "goes on.",
     GRANARY_AT(s3.redirect_lifetime)},
    {"S3Storage", "OutagePatience", Type::duration, "10s",
     "For so long after the store went away installers that need a file of it wait for it; then they are "
     "told "
     "to come later (503).",
     GRANARY_AT(s3.outage_patience)},
    {"S3Storage", "S3ForcePathStyle", Type::boolean, "false",
     "Whether the bucket is in the path and not in the host name.", GRANARY_AT(s3.path_style), "",
     "ForcePathStyle"},
    {"S3Storage", "DisableSSL", Type::boolean, "false", "Whether the endpoint is spoken to over plain HTTP.",
     GRANARY_AT(s3.disable_ssl)},
    {"S3Storage", "SkipValidation", Type::boolean, "false",
     "Whether the certificate of the endpoint is not checked.", GRANARY_AT(s3.skip_validation)},
    {"S3Storage", "AccessKeyID", Type::secret, "",
     "Access key; empty: the environment, the credentials file, or the role of the pod or machine.",
     GRANARY_AT(s3.access_key_id)},
    {"S3Storage", "SecretAccessKey", Type::secret, "", "Secret of the access key.",
     GRANARY_AT(s3.secret_access_key)},
    {"S3Storage", "SessionToken", Type::secret, "", "Session token of temporary credentials.",
     GRANARY_AT(s3.session_token)},
    {"S3Storage", "CacheDir", Type::string, "{DataDir}/cache",
     "Folder of local copies, from which files are sent.", GRANARY_AT(s3.cache_dir)},
    {"S3Storage", "CacheSize", Type::size, "10GiB",
     "Most space that local copies take; less on a disk that has no more than a tenth or 1 GiB free.",
     GRANARY_AT(s3.cache_size)},
    {"S3Storage", "ServerSideEncryption", Type::string, "",
     "What the store is asked to encrypt objects with; empty: what the bucket says.",
     GRANARY_AT(s3.encryption), "aes256,aws:kms,aws:kms:dsse"},
    {"S3Storage", "SSEKMSKeyID", Type::string, "",
     "Key of KMS for ServerSideEncryption = aws:kms; empty: the bucket's.", GRANARY_AT(s3.encryption_key_id)},
    {"S3Storage", "KeyID", Type::string, "",
     "Key of KMS (id, ARN or alias/name) with which objects are encrypted before they are sent; empty: they "
     "are not.",
     GRANARY_AT(s3.key_id)},
    {"S3Storage", "KMSEndpoint", Type::string, "",
     "URL of another key service; empty: AWS_ENDPOINT_URL_KMS, then AWS.", GRANARY_AT(s3.kms_endpoint)},
    later("S3Storage", "EnableSharedConfig", Type::boolean, "Whether the shared configuration file is read."),
    later("StorageAudit", "Enabled", Type::boolean, "Whether free space is watched."),
    later("StorageAudit", "Interval", Type::duration, "How often it is looked at."),
    later("StorageAudit", "AlertThreshold", Type::string, "Share of used space that raises an alert."),
    later("StorageAudit", "WarningThreshold", Type::string, "Share of used space that raises a warning."),
    later("StorageAudit", "ErrorThreshold", Type::string, "Share of used space that raises an error."),
    {"CRAN", "URL", Type::string, "https://cloud.r-project.org",
     "The mirror of CRAN that sources of type cran follow, unless they name another: http, https or file.",
     GRANARY_AT(cran.url)},
    {"CRAN", "RequestsPerSecond", Type::integer, "20",
     "How many requests a second background jobs send to an upstream at most, such as those that read old "
     "versions; 0: only eight at a time count.",
     GRANARY_AT(cran.requests_per_second)},
    {"CRAN", "SyncSchedule", Type::string, "auto",
     "When sources of this type are synchronised: minute, hour, day, month and day of the week in UTC, as in "
     "crontab; auto: once a day, at a minute of its own; empty: never. The same on every node.",
     GRANARY_AT(cran.sync_schedule)},
    {"CRAN", "Fetch", Type::string, "none",
     "Which files of sources of this type are fetched after each synchronisation: none, all, or of each "
     "package so many "
     "versions: newest 1. Any other file is fetched when somebody asks for it.",
     GRANARY_AT(cran.fetch)},
    {"CRAN", "ReadOldVersions", Type::boolean, "true",
     "Whether a job reads what superseded versions need out of their tarballs, 126,000 of them the first "
     "time; else "
     "only what a request needs is read.",
     GRANARY_AT(cran.read_old_versions)},
    later("CRAN", "RSF", Type::boolean, "Form of the upstream manifest."),
    {"PyPI", "URL", Type::string, "",
     "The simple index that sources of type pypi follow, unless they name another; empty: the one that this "
     "machine's "
     "pip uses.",
     GRANARY_AT(pypi.url)},
    {"PyPI", "Staleness", Type::duration, "10m",
     "How long the page of a project is shown before upstream is asked whether it changed.",
     GRANARY_AT(pypi.staleness)},
    {"PyPI", "SyncSchedule", Type::string, "auto",
     "When sources of this type are synchronised: minute, hour, day, month and day of the week in UTC, as in "
     "crontab; auto: every six hours, at a minute of its own; empty: never. The same on every node.",
     GRANARY_AT(pypi.sync_schedule)},
    {"PyPI", "Fetch", Type::string, "none",
     "Which files of sources of this type are fetched after each synchronisation: none, all, or of each "
     "package so many "
     "versions: newest 1. Any other file is fetched when somebody asks for it. For an index of one's own: "
     "all of PyPI is more than a disk holds.",
     GRANARY_AT(pypi.fetch)},
    {"PyPI", "Crawl", Type::boolean, "false",
     "Whether the pages of all projects are fetched after each synchronisation, and not only those that "
     "somebody "
     "asked "
     "for, at CRAN.RequestsPerSecond: of all of PyPI half a day the first time.",
     GRANARY_AT(pypi.crawl)},
    {"Bioconductor", "URL", Type::string, "https://bioconductor.org",
     "The mirror of Bioconductor that sources of type bioconductor follow, unless they name another.",
     GRANARY_AT(bioconductor.url)},
    {"Bioconductor", "SyncSchedule", Type::string, "auto",
     "When sources of this type are synchronised: minute, hour, day, month and day of the week in UTC, as in "
     "crontab; auto: once a day, at a minute of its own; empty: never. The same on every node.",
     GRANARY_AT(bioconductor.sync_schedule)},
    {"Bioconductor", "Fetch", Type::string, "none",
     "Which files of sources of this type are fetched after each synchronisation: none, all, or of each "
     "package so many "
     "versions: newest 1. Any other file is fetched when somebody asks for it.",
     GRANARY_AT(bioconductor.fetch)},
    later("OpenVSX", "SyncSchedule", Type::string, "When the mirror is brought up to date (cron)."),
    {"Git", "PollInterval", Type::duration, "5m",
     "How often the repository of each builder is looked at for new commits or tags, once in the cluster; "
     "0s: "
     "only by granary run git-builder.",
     GRANARY_AT(git.poll_interval)},
    {"Git", "BuildRetries", Type::integer, "3",
     "How often a build that failed is tried again, with growing pauses.", GRANARY_AT(git.build_retries)},
    {"Git", "AllowUnsandboxedGitBuilds", Type::boolean, "false",
     "Whether git and builds run without a sandbox where bubblewrap does not work: what a repository says "
     "then "
     "runs with all that the server may do.",
     GRANARY_AT(git.allow_unsandboxed_builds)},
    {"Git", "PythonIndexURL", Type::string, "",
     "Index from which builds of Python packages get what their pyproject.toml asks for, such as this "
     "server's "
     "own; they have the network then. Empty: no network, and only what the Python of the node has.",
     GRANARY_AT(git.python_index_url)},
    {"Repos", "CRAN", Type::string, "",
     "Name of a repository that the server makes by itself when it is not there, with a source of type cran "
     "of the same "
     "name, which it synchronises; empty: none.",
     GRANARY_AT(repos.cran)},
    {"Repos", "PyPI", Type::string, "",
     "Name of a repository that the server makes by itself when it is not there, with a source of type pypi "
     "of the same "
     "name, which it synchronises; empty: none.",
     GRANARY_AT(repos.pypi)},
    {"Repos", "Bioconductor", Type::string, "",
     "Name of a repository that the server makes by itself when it is not there, with a source of type "
     "bioconductor of the same "
     "name, which it synchronises; empty: none.",
     GRANARY_AT(repos.bioconductor)},
    later("Repos", "OpenVSX", Type::string, "Name of the repository that a new server creates by itself."),
    {"Jobs", "Workers", Type::integer, "2",
     "Jobs that run on this node at a time; 0: none, other nodes run them. From 2 on one is left to jobs "
     "that "
     "take no hours: builds from git, verify, collect, gc, erase, crawl, describe and fetch of everything "
     "share "
     "the others.",
     GRANARY_AT(jobs.workers)},
    {"Jobs", "Lease", Type::duration, "1m",
     "How long the jobs of a node that has stopped answering stay its own, before another takes them over.",
     GRANARY_AT(jobs.lease)},
    {"Jobs", "KeepFinished", Type::duration, "30d", "How long jobs that have ended stay in the list.",
     GRANARY_AT(jobs.keep_finished)},
    {"Jobs", "CollectSchedule", Type::string, "30 3 * * *",
     "When bytes that no package names are removed: minute, hour, day, month and day of the week in UTC, as "
     "in "
     "crontab; empty: never. The same on every node.",
     GRANARY_AT(jobs.collect_schedule)},
    {"Jobs", "VerifySchedule", Type::string, "",
     "When every byte is read and compared with its hash; empty: never. The same on every node.",
     GRANARY_AT(jobs.verify_schedule)},
    {"Metrics", "Enabled", Type::boolean, "true", "Whether metrics for Prometheus are served.",
     GRANARY_AT(metrics.enabled)},
    {"Metrics", "Listen", Type::string, ":2112", "Address and port of /metrics.", GRANARY_AT(metrics.listen)},
    {"Logging", "SystemLog", Type::string, "STDOUT",
     "Where the log is written, comma separated: STDOUT, STDERR, files.", GRANARY_AT(logging.system_log)},
    {"Logging", "SystemLogLevel", Type::string, "info", "Least level that is logged.",
     GRANARY_AT(logging.level), "debug,info,warn,error,off", "", true},
    {"Logging", "SystemLogFormat", Type::string, "text", "Format of the log.", GRANARY_AT(logging.format),
     "text,json"},
    {"Authentication", "NewReposAuthByDefault", Type::boolean, "false",
     "Whether a new repository needs a token to be read unless told otherwise.",
     GRANARY_AT(authentication.new_repos_auth_by_default), "", "", true},
    {"Authentication", "APITokenAuth", Type::boolean, "true",
     "Whether tokens are accepted over the network; off leaves the unix socket only.",
     GRANARY_AT(authentication.api_token_auth)},
    later("Authentication", "DeviceAuthType", Type::string, "How devices sign in."),
    later("Authentication", "Lifetime", Type::duration, "How long a browser session lasts."),
    later("Authentication", "Inactivity", Type::duration, "How long an idle browser session lasts."),
    later("Authentication", "CookieSweepDuration", Type::duration, "How often ended sessions are removed."),
    later("OpenIDConnect", "Issuer", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "ClientId", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "ClientSecret", Type::secret, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "ClientSecretFile", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "RequireLogin", Type::boolean, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "Logging", Type::boolean, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "Scope", Type::multi, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "CustomScope", Type::multi, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "NoAutoGroupsScope", Type::boolean, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "GroupsClaim", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "GroupsSeparator", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "RoleClaim", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "RolesSeparator", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "UniqueIdClaim", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "UsernameClaim", Type::string, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "TokenLifetime", Type::duration, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "MaxAuthenticationAge", Type::duration, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "DisablePKCE", Type::boolean, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "EnableDevicePKCE", Type::boolean, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "GroupToScopeMapping", Type::multi, "Sign-in with OpenID Connect."),
    later("OpenIDConnect", "RoleToScopeMapping", Type::multi, "Sign-in with OpenID Connect."),
    later("IdentityFederation", "Issuer", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "Audience", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "Subject", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "AuthorizedParty", Type::string,
          "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "Scope", Type::multi, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "CustomScope", Type::multi, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "GroupsClaim", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "GroupsSeparator", Type::string,
          "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "RoleClaim", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "RolesSeparator", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "UniqueIdClaim", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "UsernameClaim", Type::string, "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "GroupToScopeMapping", Type::multi,
          "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "RoleToScopeMapping", Type::multi,
          "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "TokenLifetime", Type::duration,
          "Tokens of another issuer that are trusted."),
    later("IdentityFederation", "Logging", Type::boolean, "Tokens of another issuer that are trusted."),
    later("Bootstrap", "PublicKey", Type::string, "Key with which the first token may be fetched."),
    later("Debug", "Log", Type::multi, "Parts of the server that log in detail."),
    {"Proxy", "URL", Type::string, "",
     "Proxy for requests to upstreams, http://host:port; empty: http_proxy, https_proxy and no_proxy of the "
     "environment.",
     GRANARY_AT(proxy.url)},
    {"Proxy", "User", Type::string, "", "User of the proxy.", GRANARY_AT(proxy.user)},
    {"Proxy", "Password", Type::secret, "", "Password of the proxy.", GRANARY_AT(proxy.password)},
    later("Manifest", "Location", Type::string, "Where the upstream manifest is."),
    later("Manifest", "URL", Type::string, "Where the upstream manifest is."),
    later("Manifest", "Password", Type::secret, "Password of the upstream manifest."),
    later("Licensing", "LicenseType", Type::string, "Kind of licence; Granary needs none."),
    later("Licensing", "LicenseServer", Type::string, "Server of licences; Granary needs none."),
    {"Limits", "Loops", Type::integer, "0", "Event loops; 0: one per core.", GRANARY_AT(limits.loops)},
    {"Limits", "Workers", Type::integer, "0", "Threads that run requests; 0: four per core, at least 64.",
     GRANARY_AT(limits.workers)},
    {"Limits", "Queue", Type::integer, "4096",
     "Requests that may wait for a worker; one more is answered 503.", GRANARY_AT(limits.queue)},
    {"Limits", "Connections", Type::integer, "20000", "Most connections at a time.",
     GRANARY_AT(limits.connections)},
    {"Limits", "UploadSize", Type::size, "16GiB", "Largest body of a request.",
     GRANARY_AT(limits.upload_size), "", "MaxUploadSize"},
    {"Limits", "BodyInMemory", Type::size, "256KiB", "Larger bodies are spooled to a file.",
     GRANARY_AT(limits.body_in_memory)},
    {"Limits", "HeaderSize", Type::size, "32KiB", "Largest head of a request.",
     GRANARY_AT(limits.header_size)},
    {"Limits", "HotCache", Type::size, "64MiB",
     "Most memory of each event loop for answers given without a worker.", GRANARY_AT(limits.hot_cache)},
    {"Limits", "RenderCache", Type::size, "256MiB", "Most memory for rendered indexes.",
     GRANARY_AT(limits.render_cache)},
    {"Limits", "RenderStore", Type::size, "1GiB",
     "Most space that rendered indexes take beside the packages in the store, where a new node finds them; "
     "0: none "
     "are kept there. The same on every node.",
     GRANARY_AT(limits.render_store)},
    {"Limits", "HeaderTimeout", Type::duration, "10s",
     "From the first byte of a request to the end of its head.", GRANARY_AT(limits.header_timeout)},
    {"Limits", "IdleTimeout", Type::duration, "75s", "How long a connection may wait for its next request.",
     GRANARY_AT(limits.idle_timeout)},
    {"Limits", "BodyTimeout", Type::duration, "30s", "Between two parts of a body, sent or received.",
     GRANARY_AT(limits.body_timeout)},
    {"Limits", "RequestTimeout", Type::duration, "5m",
     "How long handling a request may take, its waiting for a worker and for what is away included.",
     GRANARY_AT(limits.request_timeout)},
    {"Limits", "DrainTimeout", Type::duration, "30s", "How long requests may go on after SIGTERM.",
     GRANARY_AT(limits.drain_timeout)},
    {"Limits", "DrainDelay", Type::duration, "0s",
     "How long the server goes on accepting after SIGTERM while /__ping__ answers 503, so that a balancer "
     "sends "
     "new clients elsewhere. A second SIGTERM ends the wait.",
     GRANARY_AT(limits.drain_delay)},
    {"Limits", "GCGrace", Type::duration, "1h",
     "The collector leaves bytes alone that are younger than this.", GRANARY_AT(limits.gc_grace)},
});

#undef GRANARY_AT

}  // namespace

std::string_view name_of(Type type) noexcept {
  switch (type) {
    case Type::string:
      return "string";
    case Type::multi:
      return "multi-string";
    case Type::boolean:
      return "boolean";
    case Type::integer:
      return "integer";
    case Type::decimal:
      return "decimal";
    case Type::duration:
      return "duration";
    case Type::size:
      return "size";
    case Type::secret:
      return "secret";
  }
  return "string";
}

std::span<const SettingSpec> settings_list() { return kSettings; }

bool may_have_subsection(std::string_view section) noexcept {
  constexpr std::array<std::string_view, 3> kNamed = {"IdentityFederation", "FileStorage", "S3Storage"};
  return std::any_of(kNamed.begin(), kNamed.end(),
                     [&](std::string_view name) { return equals_ignore_case(name, section); });
}

const SettingSpec* find_setting(std::string_view section, std::string_view key) {
  for (const auto& spec : kSettings) {
    if (!equals_ignore_case(spec.section, section)) continue;
    if (equals_ignore_case(spec.key, key)) return &spec;
    for (const auto alias : split(spec.aliases, ',')) {
      if (!alias.empty() && equals_ignore_case(alias, key)) return &spec;
    }
  }
  return nullptr;
}

}  // namespace granary::config
