// CREDENTIALS: certificates in files, watched, and who they name.

#include <fmt/format.h>
#include <fstream>
#include <grpc/support/log.h>
#include <troupe/net/link/grpc/stream.hpp>

namespace troupe {
namespace {

caf::error check_pem(const std::string& path, std::string_view what, std::string_view mark) {
  std::ifstream file{path, std::ios::binary};
  std::string text(limits::link_credentials_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  if (text.empty())
    return make_error(ec::not_found, fmt::format("{}: no {} can be read here", path, what));
  if (text.find(mark) == std::string::npos)
    return make_error(ec::invalid_argument, fmt::format("{}: this is no {} in PEM, of at most {} bytes", path,
                                                        what, limits::link_credentials_bytes));
  return {};
}

} // namespace

int in_ms(std::chrono::milliseconds time) {
  return static_cast<int>(time.count());
}

std::chrono::system_clock::time_point deadline_after(std::chrono::milliseconds pause) {
  return std::chrono::system_clock::now() + pause;
}

pem_files::pem_files(const link_files& files)
    : provider_{std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          files.key, files.certificate, files.authority, limits::link_credentials_seconds)} {}

std::shared_ptr<grpc::ServerCredentials> pem_files::for_server() const {
  grpc::experimental::TlsServerCredentialsOptions options{provider_};
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> pem_files::for_client() const {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      std::make_shared<grpc::experimental::NoOpCertificateVerifier>()); // of the host name only
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

caf::expected<std::string> identity_of(const grpc::AuthContext* who) {
  auto uris = who && who->IsPeerAuthenticated() ? who->FindPropertyValues("peer_uri")
                                                : std::vector<grpc::string_ref>{};
  if (uris.size() != 1)
    return make_error(ec::permission_denied,
                      fmt::format("the certificate of a node names one URI; this one names {}", uris.size()));
  return std::string{uris[0].data(), uris[0].size()};
}

caf::expected<std::shared_ptr<link_credentials>> open_credentials(const link_files& files) {
  if (auto wrong = check_pem(files.certificate, "certificate", "-----BEGIN CERTIFICATE-----"))
    return wrong;
  if (auto wrong = check_pem(files.key, "private key", "PRIVATE KEY-----"))
    return wrong;
  if (auto wrong = check_pem(files.authority, "certificate of an authority", "-----BEGIN CERTIFICATE-----"))
    return wrong;
  return std::shared_ptr<link_credentials>{std::make_shared<pem_files>(files)};
}

void silence_grpc() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

} // namespace troupe
