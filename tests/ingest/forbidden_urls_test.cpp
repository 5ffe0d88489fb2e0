// URLs that want to lead a downloader into the server's own network, through the client that would fetch them. The
// policy counts what the guard would let through and connects to nothing at all.
#include <catch2/catch.hpp>

#include "base/http_client.h"
#include "server/ingest/address_guard.h"
#include "tests/support/run_task.h"

namespace lightfast::ingest {
namespace {

class Prober {
 public:
  explicit Prober(std::string every_name_leads_to) {
    HttpClientOptions options;
    options.address_policy = [this](const sockaddr& address) {
      if (guard_.allows(address)) ++let_through_;
      return false;
    };
    options.resolve = [every_name_leads_to](const std::string&, std::uint16_t) {
      return std::vector<std::string>{every_name_leads_to};
    };
    client_.emplace(options);
  }

  // The code of the error, and "let through" where the guard would have connected.
  std::string probe(const std::string& url) {
    let_through_ = 0;
    HttpCall call;
    call.url = url;
    const HttpResult result = test::run_task(client_->fetch(call));
    return let_through_ > 0 ? "let through" : std::string(to_string(result.error().error.code));
  }

 private:
  AddressGuard guard_;
  std::atomic<int> let_through_ = 0;
  std::optional<HttpClient> client_;
};

TEST_CASE("no spelling of a forbidden address is connected to") {
  Prober prober("127.0.0.1");
  for (const char* host : {
           "127.0.0.1",
           "127.1",
           "127.0.1",
           "0",
           "0.0.0.0",
           "2130706433",
           "0x7f000001",
           "0x7f.1",
           "0x7f.0x0.0x0.0x1",
           "0177.0.0.1",
           "0177.1",
           "017700000001",
           "127.000.000.001",
           "127.0.0.1.",
           "localhost",
           "LOCALHOST",
           "localhost.",
           "10.0.0.1",
           "10.1",
           "167772161",
           "172.16.0.1",
           "192.168.1.1",
           "192.168.257",
           "3232235777",
           "169.254.169.254",
           "2852039166",
           "0xa9fea9fe",
           "0xA9.0xFE.0xA9.0xFE",
           "0251.0376.0251.0376",
           "169.254.43518",
           "100.64.0.1",
           "198.18.0.1",
           "224.0.0.1",
           "255.255.255.255",
           "4294967295",
           "240.0.0.1",
           "[::1]",
           "[::]",
           "[0:0:0:0:0:0:0:1]",
           "[::ffff:127.0.0.1]",
           "[::ffff:7f00:1]",
           "[::127.0.0.1]",
           "[::ffff:a9fe:a9fe]",
           "[64:ff9b::7f00:1]",
           "[64:ff9b::169.254.169.254]",
           "[fe80::1]",
           "[fc00::1]",
           "[fd00:ec2::254]",
           "[ff02::1]",
           "[2002:7f00:1::1]",
           "[2001:0:53aa:64c::1]",
           "[fec0::1]",
           "metadata.google.internal",
           "db.railway.internal",
           "127.0.0.1.nip.io",
           "spoofed.example",
           "a.b.c.example.",
       }) {
    for (const char* form : {"http://H/", "https://H/x?y", "http://H:8080/latest/meta-data/"}) {
      std::string url = form;
      url.replace(url.find('H'), 1, host);
      INFO(url);
      CHECK(prober.probe(url) == "download_forbidden");
    }
  }
}

TEST_CASE("URLs written to be misread are refused as they stand") {
  Prober prober("93.184.216.34");  // were a name looked up, it would be let through
  for (const char* url : {
           "http://example.com@127.0.0.1/",
           "http://127.0.0.1@example.com/",
           "http://u:p@example.com/",
           "http://example.com\\@127.0.0.1/",
           "http://127.0.0.1\\.example.com/",
           "http://example.com\\",
           "http:\\\\127.0.0.1\\",
           "http:127.0.0.1",
           "http:/127.0.0.1",
           "http://127.0.0.1\t.example.com/",
           "http://127.0.0.1%00.example.com/",
           "http://127.0.0.1%2eexample.com/",
           "http://%6c%6f%63alhost/",
           "http://example.com%40127.0.0.1/",
           "http://example.com%23@127.0.0.1/",
           "http://\xE2\x91\xA0\xE2\x91\xA1/",
           "http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1/",
           "http://127\xE3\x80\x82"
           "0.0.1/",
           "http://loc\xE2\x80\x8B"
           "alhost/",
           "http://example.com /",
           "http://example.com\r\nHost: x/",
           "http://example.com:80@127.0.0.1/",
           "http://example.com:80:80/",
           "http://[::1]@example.com/",
           "http://[::1",
           "http://::1/",
           "http://[127.0.0.1]/",
           "http://[::1%25lo]/",
           "http://[::1]example.com/",
           "http://example.com,127.0.0.1/",
           "http://example.com;127.0.0.1/",
           "http://exam\"ple.com/",
           "http://{example.com,127.0.0.1}/",
           "http://[1-9].example.com/",
           "http://example..com/",
           "http://.com/",
           "ftp://example.com/",
           "file:///etc/passwd",
           "file://example.com/x",
           "gopher://example.com:70/_x",
           "dict://example.com:2628/",
           "ldap://example.com/",
           "tftp://example.com/",
           "smb://example.com/x",
           "sftp://example.com/",
           "scp://example.com/",
           "telnet://example.com/",
           "imap://example.com/",
           "ws://example.com/",
           "javascript:alert(1)",
           "data:text/html,x",
           "jar:http://example.com!/",
           "view-source:http://example.com/",
           "url:http://example.com/",
           "netdoc:///etc/passwd",
           "php://input",
           "unix:///var/run/docker.sock",
           "http+unix://x/",
           "HTTPX://example.com/",
           "blob:http://example.com/x",
       }) {
    INFO(url);
    const std::string outcome = prober.probe(url);
    CHECK((outcome == "download_forbidden" || outcome == "invalid_request"));
  }
}

TEST_CASE("the probe itself would notice a connection") {
  Prober prober("93.184.216.34");
  CHECK(prober.probe("http://example.com/") == "let through");
  CHECK(prober.probe("http://1.1.1.1/") == "let through");
  CHECK(prober.probe("http://[2606:4700::1111]/") == "let through");
}

}  // namespace
}  // namespace lightfast::ingest
