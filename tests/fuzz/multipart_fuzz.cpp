// A byte for the size of the pieces, a line for a Content-Type, then a body. Where the line names no boundary, it is
// "B".
#include <algorithm>
#include <string>

#include "server/http/multipart.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::http;
using Event = MultipartParser::Event;

namespace {

struct Outcome {
  std::string transcript;  // names and bytes of the parts, up to an error
  bool complete = false;
};

Outcome read(std::string_view body, std::size_t piece, const std::string& boundary) {
  MultipartParser parser(boundary);
  Outcome outcome;
  const std::size_t body_size = body.size();
  std::size_t data_size = 0;
  std::size_t parts = 0;
  bool in_part = false;
  while (true) {
    const auto event = parser.next();
    if (!event) {
      expect(event.error().code == lightfast::Errc::invalid_request, "a broken body is an invalid request");
      expect(parser.next().has_error(), "an error stays");
      return outcome;
    }
    switch (*event) {
      case Event::need_more:
        if (body.empty()) {
          parser.finish();
        } else {
          parser.feed(lightfast::fuzz::as_bytes(body.substr(0, piece)));
          body.remove_prefix(std::min(piece, body.size()));
        }
        break;
      case Event::part_begin:
        expect(!in_part, "a part begins outside of another");
        in_part = true;
        expect(++parts <= 1000, "parts have a limit");
        outcome.transcript += "\npart " + parser.part().name + "|" + parser.part().filename.value_or("-") + "|" +
                              parser.part().content_type + "\n";
        break;
      case Event::data: {
        const auto bytes = parser.data();
        expect(in_part && !bytes.empty(), "data belongs to a part");
        data_size += bytes.size();
        expect(data_size <= body_size, "the parts are no longer than the body");
        outcome.transcript.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        break;
      }
      case Event::part_end:
        expect(in_part, "only a part that began can end");
        in_part = false;
        break;
      case Event::end:
        expect(!in_part, "the end is outside of a part");
        outcome.complete = true;
        return outcome;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lightfast::fuzz::Input input(data, size);
  const std::size_t piece = input.take_byte() + 1u;
  const auto named = multipart_boundary(input.take_line());
  if (named) {
    expect(!named->empty() && named->size() <= 70, "a boundary has 1 to 70 characters");
    expect(named->find_first_of("\r\n\"\\;") == std::string::npos, "a boundary holds only its own alphabet");
  }
  const std::string boundary = named.value_or("B");

  const Outcome cut = read(input.rest(), piece, boundary);
  const Outcome whole = read(input.rest(), input.rest().size() + 1, boundary);
  expect(cut.complete == whole.complete, "pieces don't decide whether a body is whole");
  expect(!whole.complete || cut.transcript == whole.transcript, "pieces don't change what is read");
  return 0;
}
