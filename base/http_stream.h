// A call of an HttpClient whose answer is read while it still comes: the head first, then piece after piece, held back
// where the reader is slower than the network. One reader at a time; it may change threads between calls.
#pragma once

#include <memory>
#include <string>

#include "base/http_client.h"

namespace lightfast {

class HttpStream {
 public:
  // When the head has come. The call's own sink, valve and on_head are replaced; max_body_bytes still holds. The client
  // outlives the stream.
  static Task<boost::system::result<HttpStream, HttpFailure>> open(HttpClient& client, HttpCall call);

  // An answer that is not read to its end is given up.
  ~HttpStream();
  HttpStream(HttpStream&&) noexcept;
  HttpStream& operator=(HttpStream&&) = delete;

  int status() const;
  const HttpHeaders& headers() const;

  // The next piece, empty at the end. Errors as HttpClient::fetch has them. The body of an answer that is no 2xx comes
  // in one piece, cut at 1 MiB.
  Task<Result<std::string>> next();
  void put_back(std::string piece);  // read by next() once more

 private:
  struct Pipe;
  explicit HttpStream(std::shared_ptr<Pipe> pipe);
  std::shared_ptr<Pipe> pipe_;
};

}  // namespace lightfast
