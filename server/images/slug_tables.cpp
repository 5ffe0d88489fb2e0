#include "server/images/slug_tables.h"

#include <algorithm>
#include <iterator>

namespace lightfast::images {
namespace {

struct Row {
  char16_t first;
  std::string_view spellings;  // of sixteen code points
};

// clang-format off
constexpr Row rows[] = {
    {0x00C0, "A A A A ae A ae c e e e e i i i i"},
    {0x00D0, "d n O O O O oe - oe U U U ue y th ss"},
    {0x00E0, "A A A A ae A ae c e e e e i i i i"},
    {0x00F0, "d n O O O O oe - oe U U U ue y th y"},
    {0x0100, "A A A A A A c c c c c c c c d d"},
    {0x0110, "d d e e e e e e e e e e g g g g"},
    {0x0120, "g g g g h h h h i i i i i i i i"},
    {0x0130, "i i ij ij j j k k k l l l l l l -"},
    {0x0140, "- l l n n n n n n n ng ng O O O O"},
    {0x0150, "O O oe oe r r r r r r s s s s s s"},
    {0x0160, "s s t t t t t t U U U U U U U U"},
    {0x0170, "U U U U w w y y y z z z z z z s"},
    {0x0180, "b b b b - - o c c d d d d d e e"},
    {0x0190, "e f f g g hv i - k k l l m n n o"},
    {0x01A0, "O O oi oi p p r s s sh sh t t t t U"},
    {0x01B0, "U u v y y z z z z z z - - - - w"},
    {0x01C0, "- - - - dz dz dz lj lj lj nj nj nj A A i"},
    {0x01D0, "i O O U U ue ue ue ue ue ue ue ue e ae ae"},
    {0x01E0, "A A ae ae - - g g k k O O O O z z"},
    {0x01F0, "j dz dz dz g g hv w n n A A ae ae oe oe"},
    {0x0200, "A A A A e e e e i i i i O O O O"},
    {0x0210, "r r r r U U U U s s t t y y h h"},
    {0x0220, "n d ou ou - - A A e e oe oe O O O O"},
    {0x0230, "O O y y l n t j db qp a c c l t s"},
    {0x0240, "z - - b u v e e j j q q r r y y"},
    {0x0370, "- - - - - - - - - - - - - - - j"},
    {0x0380, "- - - - - - a - e i i - o - Y o"},
    {0x0390, "i a v g d e z i th i k l m n x o"},
    {0x03A0, "p r - s t Y f ch ps o i y a e i i"},
    {0x03B0, "y a v g d e z i th i k l m n x o"},
    {0x03C0, "p r s s t Y f ch ps o i y o Y o -"},
    {0x03D0, "v th - - - f p - - - - - - - - -"},
    {0x03E0, "- - - - - - - - - - - - - - - -"},
    {0x03F0, "k r s j th e - - - s - - - - - -"},
    {0x0400, "E yo dj gj ye dz I yi j lj nj c kj I u dz"},
    {0x0410, "a b v G d E zh z I y K l m n o p"},
    {0x0420, "r s t u f kh ts ch sh shch ' y ' e yu ya"},
    {0x0430, "a b v G d E zh z I y K l m n o p"},
    {0x0440, "r s t u f kh ts ch sh shch ' y ' e yu ya"},
    {0x0450, "E yo dj gj ye dz I yi j lj nj c kj I u dz"},
    {0x0460, "o o e e ye ye ya ya ya ya u u yu yu ks ks"},
    {0x0470, "ps ps f f i i i i u u o o o o ot ot"},
    {0x0480, "q q - - - - - - - - - - ' ' r r"},
    {0x0490, "g g g g g g j j z z q q g g q q"},
    {0x04A0, "q q n n ng ng - - o o s s t t u u"},
    {0x04B0, "u u h h ts ts j j j j h h ch ch ch ch"},
    {0x04C0, "' zh zh q q - - n n - - ch ch - - '"},
    {0x04D0, "a a a a ae ae E E a a a a zh zh z z"},
    {0x04E0, "dz dz I I yi yi o o o o o o e e u u"},
    {0x04F0, "u u u u ch ch g g y y - - - - - -"},
    {0x1E00, "A A b b b b b b c c d d d d d d"},
    {0x1E10, "d d d d e e e e e e e e e e f f"},
    {0x1E20, "g g h h h h h h h h h h i i i i"},
    {0x1E30, "k k k k k k l l l l l l l l m m"},
    {0x1E40, "m m m m n n n n n n n n O O oe oe"},
    {0x1E50, "O O O O p p p p r r r r r r r r"},
    {0x1E60, "s s s s s s s s s s t t t t t t"},
    {0x1E70, "t t U U U U U U U U ue ue v v v v"},
    {0x1E80, "w w w w w w w w w w x x x x y y"},
    {0x1E90, "z z z z z z h t w y a s s s ss d"},
    {0x1EA0, "A A A A A A A A A A A A A A A A"},
    {0x1EB0, "A A A A A A A A e e e e e e e e"},
    {0x1EC0, "e e e e e e e e i i i i O O O O"},
    {0x1ED0, "O O O O O O O O O O O O O O O O"},
    {0x1EE0, "O O O O U U U U U U U U U U U U"},
    {0x1EF0, "U U y y y y y y y y ll ll v v y y"},
    {0x1F00, "a a a a a a a a a a a a a a a a"},
    {0x1F10, "e e e e e e - - e e e e e e - -"},
    {0x1F20, "i i i i i i i i i i i i i i i i"},
    {0x1F30, "i i i i i i i i i i i i i i i i"},
    {0x1F40, "o o o o o o - - o o o o o o - -"},
    {0x1F50, "Y Y Y Y Y Y Y Y - Y - Y - Y - Y"},
    {0x1F60, "o o o o o o o o o o o o o o o o"},
    {0x1F70, "a a e e i i i i o o Y Y o o - -"},
    {0x1F80, "a a a a a a a a a a a a a a a a"},
    {0x1F90, "i i i i i i i i i i i i i i i i"},
    {0x1FA0, "o o o o o o o o o o o o o o o o"},
    {0x1FB0, "a a a a a - a a a a a a a - i -"},
    {0x1FC0, "- - i i i - i i e e i i i - - -"},
    {0x1FD0, "i i i i - - i i i i i i - - - -"},
    {0x1FE0, "Y Y y y r r Y y Y Y Y Y r - - -"},
    {0x1FF0, "- - o o o - o o o o o o o - - -"},
};
// clang-format on

struct Mark {
  char spelling;
  char32_t mark;
  std::string_view becomes;
};

constexpr Mark marks[] = {
    {'A', 0x0308, "ae"}, {'O', 0x0308, "oe"}, {'U', 0x0308, "ue"},  // Latin a, o, u
    {'I', 0x0306, "y"},  {'I', 0x0308, "yi"}, {'E', 0x0308, "yo"},  // Cyrillic и, і, е
    {'G', 0x0301, "gj"}, {'K', 0x0301, "kj"},                       // Cyrillic г, к
    {'Y', 0x0308, "y"},                                             // Greek υ, which is u after a vowel
};

struct Decomposition {
  char16_t composed;
  char16_t base;
  char16_t mark;
};

// clang-format off
constexpr Decomposition decompositions[] = {
    {0x0385, 0x00A8, 0x0301}, {0x0622, 0x0627, 0x0653}, {0x0623, 0x0627, 0x0654}, {0x0624, 0x0648, 0x0654},
    {0x0625, 0x0627, 0x0655}, {0x0626, 0x064A, 0x0654}, {0x06C0, 0x06D5, 0x0654}, {0x06C2, 0x06C1, 0x0654},
    {0x06D3, 0x06D2, 0x0654}, {0x0929, 0x0928, 0x093C}, {0x0931, 0x0930, 0x093C}, {0x0934, 0x0933, 0x093C},
    {0x09CB, 0x09C7, 0x09BE}, {0x09CC, 0x09C7, 0x09D7}, {0x0B48, 0x0B47, 0x0B56}, {0x0B4B, 0x0B47, 0x0B3E},
    {0x0B4C, 0x0B47, 0x0B57}, {0x0B94, 0x0B92, 0x0BD7}, {0x0BCA, 0x0BC6, 0x0BBE}, {0x0BCB, 0x0BC7, 0x0BBE},
    {0x0BCC, 0x0BC6, 0x0BD7}, {0x0C48, 0x0C46, 0x0C56}, {0x0CC0, 0x0CBF, 0x0CD5}, {0x0CC7, 0x0CC6, 0x0CD5},
    {0x0CC8, 0x0CC6, 0x0CD6}, {0x0CCA, 0x0CC6, 0x0CC2}, {0x0CCB, 0x0CCA, 0x0CD5}, {0x0D4A, 0x0D46, 0x0D3E},
    {0x0D4B, 0x0D47, 0x0D3E}, {0x0D4C, 0x0D46, 0x0D57}, {0x0DDA, 0x0DD9, 0x0DCA}, {0x0DDC, 0x0DD9, 0x0DCF},
    {0x0DDD, 0x0DDC, 0x0DCA}, {0x0DDE, 0x0DD9, 0x0DDF}, {0x1026, 0x1025, 0x102E}, {0x1B06, 0x1B05, 0x1B35},
    {0x1B08, 0x1B07, 0x1B35}, {0x1B0A, 0x1B09, 0x1B35}, {0x1B0C, 0x1B0B, 0x1B35}, {0x1B0E, 0x1B0D, 0x1B35},
    {0x1B12, 0x1B11, 0x1B35}, {0x1B3B, 0x1B3A, 0x1B35}, {0x1B3D, 0x1B3C, 0x1B35}, {0x1B40, 0x1B3E, 0x1B35},
    {0x1B41, 0x1B3F, 0x1B35}, {0x1B43, 0x1B42, 0x1B35}, {0x1FC1, 0x00A8, 0x0342}, {0x1FED, 0x00A8, 0x0300},
    {0x219A, 0x2190, 0x0338}, {0x219B, 0x2192, 0x0338}, {0x21AE, 0x2194, 0x0338}, {0x21CD, 0x21D0, 0x0338},
    {0x21CE, 0x21D4, 0x0338}, {0x21CF, 0x21D2, 0x0338}, {0x2204, 0x2203, 0x0338}, {0x2209, 0x2208, 0x0338},
    {0x220C, 0x220B, 0x0338}, {0x2224, 0x2223, 0x0338}, {0x2226, 0x2225, 0x0338}, {0x2241, 0x223C, 0x0338},
    {0x2244, 0x2243, 0x0338}, {0x2247, 0x2245, 0x0338}, {0x2249, 0x2248, 0x0338}, {0x2260, 0x003D, 0x0338},
    {0x2262, 0x2261, 0x0338}, {0x226D, 0x224D, 0x0338}, {0x226E, 0x003C, 0x0338}, {0x226F, 0x003E, 0x0338},
    {0x2270, 0x2264, 0x0338}, {0x2271, 0x2265, 0x0338}, {0x2274, 0x2272, 0x0338}, {0x2275, 0x2273, 0x0338},
    {0x2278, 0x2276, 0x0338}, {0x2279, 0x2277, 0x0338}, {0x2280, 0x227A, 0x0338}, {0x2281, 0x227B, 0x0338},
    {0x2284, 0x2282, 0x0338}, {0x2285, 0x2283, 0x0338}, {0x2288, 0x2286, 0x0338}, {0x2289, 0x2287, 0x0338},
    {0x22AC, 0x22A2, 0x0338}, {0x22AD, 0x22A8, 0x0338}, {0x22AE, 0x22A9, 0x0338}, {0x22AF, 0x22AB, 0x0338},
    {0x22E0, 0x227C, 0x0338}, {0x22E1, 0x227D, 0x0338}, {0x22E2, 0x2291, 0x0338}, {0x22E3, 0x2292, 0x0338},
    {0x22EA, 0x22B2, 0x0338}, {0x22EB, 0x22B3, 0x0338}, {0x22EC, 0x22B4, 0x0338}, {0x22ED, 0x22B5, 0x0338},
    {0x304C, 0x304B, 0x3099}, {0x304E, 0x304D, 0x3099}, {0x3050, 0x304F, 0x3099}, {0x3052, 0x3051, 0x3099},
    {0x3054, 0x3053, 0x3099}, {0x3056, 0x3055, 0x3099}, {0x3058, 0x3057, 0x3099}, {0x305A, 0x3059, 0x3099},
    {0x305C, 0x305B, 0x3099}, {0x305E, 0x305D, 0x3099}, {0x3060, 0x305F, 0x3099}, {0x3062, 0x3061, 0x3099},
    {0x3065, 0x3064, 0x3099}, {0x3067, 0x3066, 0x3099}, {0x3069, 0x3068, 0x3099}, {0x3070, 0x306F, 0x3099},
    {0x3071, 0x306F, 0x309A}, {0x3073, 0x3072, 0x3099}, {0x3074, 0x3072, 0x309A}, {0x3076, 0x3075, 0x3099},
    {0x3077, 0x3075, 0x309A}, {0x3079, 0x3078, 0x3099}, {0x307A, 0x3078, 0x309A}, {0x307C, 0x307B, 0x3099},
    {0x307D, 0x307B, 0x309A}, {0x3094, 0x3046, 0x3099}, {0x309E, 0x309D, 0x3099}, {0x30AC, 0x30AB, 0x3099},
    {0x30AE, 0x30AD, 0x3099}, {0x30B0, 0x30AF, 0x3099}, {0x30B2, 0x30B1, 0x3099}, {0x30B4, 0x30B3, 0x3099},
    {0x30B6, 0x30B5, 0x3099}, {0x30B8, 0x30B7, 0x3099}, {0x30BA, 0x30B9, 0x3099}, {0x30BC, 0x30BB, 0x3099},
    {0x30BE, 0x30BD, 0x3099}, {0x30C0, 0x30BF, 0x3099}, {0x30C2, 0x30C1, 0x3099}, {0x30C5, 0x30C4, 0x3099},
    {0x30C7, 0x30C6, 0x3099}, {0x30C9, 0x30C8, 0x3099}, {0x30D0, 0x30CF, 0x3099}, {0x30D1, 0x30CF, 0x309A},
    {0x30D3, 0x30D2, 0x3099}, {0x30D4, 0x30D2, 0x309A}, {0x30D6, 0x30D5, 0x3099}, {0x30D7, 0x30D5, 0x309A},
    {0x30D9, 0x30D8, 0x3099}, {0x30DA, 0x30D8, 0x309A}, {0x30DC, 0x30DB, 0x3099}, {0x30DD, 0x30DB, 0x309A},
    {0x30F4, 0x30A6, 0x3099}, {0x30F7, 0x30EF, 0x3099}, {0x30F8, 0x30F0, 0x3099}, {0x30F9, 0x30F1, 0x3099},
    {0x30FA, 0x30F2, 0x3099}, {0x30FE, 0x30FD, 0x3099},
};
// clang-format on

// Hangul syllables are computed (Unicode 15, section 3.12).
constexpr char32_t hangul_first = 0xAC00, hangul_last = 0xD7A3;
constexpr char32_t leading_first = 0x1100, vowel_first = 0x1161, trailing_before_first = 0x11A7;
constexpr char32_t vowels = 21, trailings = 28;

std::pair<char32_t, char32_t> decompose_hangul(char32_t syllable) {
  const char32_t index = syllable - hangul_first;
  const char32_t trailing = index % trailings;
  if (trailing != 0) return {syllable - trailing, trailing_before_first + trailing};
  return {leading_first + index / (vowels * trailings), vowel_first + index / trailings % vowels};
}

}  // namespace

std::string_view spelling_of(char32_t code_point) {
  const auto row = std::upper_bound(std::begin(rows), std::end(rows), code_point,
                                    [](char32_t value, const Row& candidate) { return value < candidate.first; });
  if (row == std::begin(rows)) return "-";
  const Row& found = *std::prev(row);
  if (code_point >= char32_t{found.first} + 16) return "-";
  std::string_view rest = found.spellings;
  for (char32_t i = found.first; i < code_point; ++i) rest.remove_prefix(rest.find(' ') + 1);
  return rest.substr(0, rest.find(' '));
}

std::optional<std::string_view> marked_spelling(char spelling, char32_t mark) {
  for (const Mark& rule : marks) {
    if (rule.spelling == spelling && rule.mark == mark) return rule.becomes;
  }
  return std::nullopt;
}

std::pair<char32_t, char32_t> decompose(char32_t code_point) {
  if (code_point >= hangul_first && code_point <= hangul_last) return decompose_hangul(code_point);
  const auto found =
      std::lower_bound(std::begin(decompositions), std::end(decompositions), code_point,
                       [](const Decomposition& candidate, char32_t value) { return candidate.composed < value; });
  if (found == std::end(decompositions) || found->composed != code_point) return {code_point, 0};
  return {found->base, found->mark};
}

}  // namespace lightfast::images
