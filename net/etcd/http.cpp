// HTTP: a curl_multi of one transfer, so that waiting can be ended. The only file that sees libcurl.
// Invariant: neither a token nor a body is part of an error.

#include <algorithm>
#include <atomic>
#include <curl/curl.h>
#include <fmt/format.h>
#include <fstream>
#include <mutex>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/net/etcd/http.hpp>
#include <troupe/net/etcd/steady.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::etcd {

struct http_client::parts {
  std::string authority;
  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  std::atomic<bool> interrupted{false};
};

struct http_client::transfer {
  CURL* easy;
  http_reply reply;
  std::function<bool(std::string_view)> take; // of a stream
  std::chrono::milliseconds silence{};
  bool heard = false; // something came
  bool too_long = false;
  char why[CURL_ERROR_SIZE] = {};

  bool streams() const {
    return take && reply.status == 200;
  }

  static size_t write(char* bytes, size_t, size_t count, void* to) {
    auto& one = *static_cast<transfer*>(to);
    curl_easy_getinfo(one.easy, CURLINFO_RESPONSE_CODE, &one.reply.status);
    one.heard = true;
    one.too_long = one.reply.body.size() + count > limits::etcd_reply_bytes;
    if (one.too_long)
      return 0;
    one.reply.body.append(bytes, count);
    return count;
  }
};

http_client::http_client(std::string authority) : parts_{std::make_unique<parts>()} {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_ALL); });
  parts_->authority = std::move(authority);
  parts_->multi = curl_multi_init();
  parts_->easy = curl_easy_init();
  ensure(parts_->multi && parts_->easy, "libcurl");
}

http_client::~http_client() {
  curl_easy_cleanup(parts_->easy);
  curl_multi_cleanup(parts_->multi);
}

caf::expected<std::unique_ptr<http_client>> http_client::open(std::string authority) {
  if (!authority.empty()) {
    std::ifstream file{authority};
    std::string line;
    bool found = false;
    for (size_t lines = 0; !found && lines < limits::etcd_reply_bytes / 64 && std::getline(file, line);
         ++lines)
      found = line.starts_with("-----BEGIN CERTIFICATE-----");
    if (!found)
      return make_error(ec::not_found, fmt::format("{}: no certificate in PEM can be read here", authority));
  }
  return std::unique_ptr<http_client>{new http_client{std::move(authority)}};
}

void http_client::interrupt() {
  parts_->interrupted = true;
  curl_multi_wakeup(parts_->multi);
}

void http_client::resume() {
  parts_->interrupted = false;
}

// Until the answer has ended, or `take` has had enough; the transfer is a part of the multi.
caf::error http_client::run(transfer& one, const http_request& what) {
  auto begun = steady_ms();
  auto failed = [&](ec code, std::string_view why) {
    return make_error(code, fmt::format("{}: {}", what.url, why));
  };
  for (auto heard_ms = begun;;) {
    if (parts_->interrupted)
      return failed(ec::cancelled, "no answer is waited for any more");
    int running = 0;
    curl_multi_perform(parts_->multi, &running);
    auto now = steady_ms();
    if (std::exchange(one.heard, false))
      heard_ms = now;
    if (one.too_long)
      return failed(ec::unavailable,
                    fmt::format("an answer of more than {} bytes", limits::etcd_reply_bytes));
    if (one.streams() && !one.reply.body.empty() && !one.take(std::exchange(one.reply.body, {})))
      return {};
    int left = 0;
    while (auto* told = curl_multi_info_read(parts_->multi, &left)) {
      if (told->msg != CURLMSG_DONE)
        continue;
      if (told->data.result != CURLE_OK)
        return failed(ec::unavailable, one.why[0] != 0 ? one.why : curl_easy_strerror(told->data.result));
      curl_easy_getinfo(one.easy, CURLINFO_RESPONSE_CODE, &one.reply.status);
      return one.streams() ? failed(ec::unavailable, "the other side has ended its answer") : caf::error{};
    }
    auto until = one.streams() ? heard_ms + one.silence.count() : begun + what.patience.count();
    if (now >= until)
      return one.streams()
                 ? failed(ec::timeout, "silence")
                 : failed(ec::unavailable, fmt::format("no answer within {} ms", what.patience.count()));
    curl_multi_poll(parts_->multi, nullptr, 0, static_cast<int>(std::min<int64_t>(until - now, 60'000)),
                    nullptr);
  }
}

caf::expected<http_reply> http_client::listen(const http_request& what, std::chrono::milliseconds silence,
                                              const std::function<bool(std::string_view)>& take) {
  auto* easy = parts_->easy;
  transfer one{easy, {}, take, silence};
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers{nullptr, curl_slist_free_all};
  auto add = [&](const std::string& line) {
    if (auto* more = curl_slist_append(headers.get(), line.c_str())) {
      headers.release();
      headers.reset(more);
    }
  };
  add("Content-Type: application/json");
  add("Expect:");
  if (!what.token.empty())
    add("Authorization: " + what.token.reveal());
  curl_easy_reset(easy); // connections stay
  curl_easy_setopt(easy, CURLOPT_URL, what.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, what.body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &transfer::write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &one);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, one.why);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(limits::etcd_connect, what.patience).count()));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  if (!parts_->authority.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, parts_->authority.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl_multi_add_handle(parts_->multi, easy);
  auto failed = run(one, what);
  curl_multi_remove_handle(parts_->multi, easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  if (failed)
    return failed;
  return std::move(one.reply);
}

caf::expected<http_reply> http_client::post(const http_request& what) {
  return listen(what, {}, nullptr);
}

} // namespace troupe::etcd
