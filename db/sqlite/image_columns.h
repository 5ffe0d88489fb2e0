// hosted_images column by column: the one place that knows their order. Pure functions over a statement: its thread.
#pragma once

#include <string>

#include "db/records.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

const std::string& image_columns();         // what read_image reads
const std::string& listed_image_columns();  // the same without the provider's answer, which may be long
const std::string& image_placeholders();    // as many question marks, for bind_image

void bind_image(Statement& statement, const ImageRecord& image);
ImageRecord read_image(Statement& row);

}  // namespace lightfast::db::sqlite
