#include "server/commands/image_words.h"

#include "base/id.h"

namespace lightfast::commands {

std::string image_id_in(const std::string& word) {
  std::string name = word.substr(0, word.find('?'));
  name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  return ImageId::parse(name) ? name : word;
}

}  // namespace lightfast::commands
