#include "server/images/slug.h"

#include <catch2/catch.hpp>

namespace lightfast::images {
namespace {

std::string slug(std::string_view text) { return make_collection_slug(text).value(); }
std::string name(std::string_view text) { return make_name_slug(text).value(); }

struct Row {
  const char* text;
  const char* slug;
};

void check_table(const std::vector<Row>& table) {
  for (const Row& row : table) {
    INFO(row.text);
    CHECK(slug(row.text) == row.slug);
    CHECK(slug(row.slug) == row.slug);
  }
}

TEST_CASE("plain text becomes lower-case words joined by hyphens") {
  check_table({
      {"hero", "hero"},
      {"Hero Image", "hero-image"},
      {"  -- Hero...Image!! ", "hero-image"},
      {"a_b-c d", "a_b-c-d"},
      {"__x__", "__x__"},
      {"2026/11/28", "2026-11-28"},
      {"100% & more (new)", "100-more-new"},
      {"../../etc/passwd", "etc-passwd"},
      {"it's", "it-s"},
      {"\u2018quoted\u2019 \u2013 dash\u2026", "quoted-dash"},
      {"soft\u00adhyphen zero\u200bwidth", "softhyphen-zerowidth"},
      {"Ｆｕｌｌ　Ｗｉｄｔｈ９", "full-width9"},
      {"tab\tnewline\n", "tab-newline"},
      {"scene 🎬 one", "scene-one"},
  });
}

TEST_CASE("German, Scandinavian and Icelandic letters are written out") {
  check_table({
      {"Laktose & Übelkeit", "laktose-uebelkeit"},
      {"Äpfel, Öl, Größe, GROẞ", "aepfel-oel-groesse-gross"},
      {"Fußgängerübergänge", "fussgaengeruebergaenge"},
      {"Rødgrød på Æbleø", "roedgroed-pa-aebleoe"},
      {"Ångström", "angstroem"},
      {"Þórður Eiríksson í Reykjavík", "thordur-eiriksson-i-reykjavik"},
  });
}

TEST_CASE("Romance letters lose their accents") {
  check_table({
      {"L'été à Noël, cœur naïf", "l-ete-a-noel-coeur-naif"},
      {"Garçon, déjà, août, ÇA, Ÿ", "garcon-deja-aout-ca-y"},
      {"El Niño, pingüino, ¿qué?", "el-nino-pingueino-que"},
      {"São João, coração", "sao-joao-coracao"},
      {"Perché così, più", "perche-cosi-piu"},
      {"Știință și țară", "stiinta-si-tara"},
  });
}

TEST_CASE("Central European and Baltic letters lose their marks") {
  check_table({
      {"Zażółć gęślą jaźń", "zazolc-gesla-jazn"},
      {"ŁÓDŹ", "lodz"},
      {"Příliš žluťoučký kůň", "prilis-zlutoucky-kun"},
      {"Árvíztűrő tükörfúrógép", "arvizturo-tuekoerfurogep"},
      {"Đorđe Čvorović", "dorde-cvorovic"},
      {"Žemaitė ąčęėįšųūž", "zemaite-aceeisuuz"},
      {"Ģirts ķļņ", "girts-kln"},
  });
}

TEST_CASE("Turkish i with and without a dot is i") {
  check_table({
      {"İstanbul IŞIK ılık", "istanbul-isik-ilik"},
      {"Çağdaş göğüs şişe", "cagdas-goegues-sise"},
  });
}

TEST_CASE("Vietnamese loses both layers of marks") {
  check_table({
      {"Tiếng Việt", "tieng-viet"},
      {"Đường phố Hà Nội", "duong-pho-ha-noi"},
      {"Nguyễn Thị Ánh Tuyết", "nguyen-thi-anh-tuyet"},
      {"ỡ ỹ ặ ự Ệ", "o-y-a-u-e"},
  });
}

TEST_CASE("Cyrillic is transliterated") {
  check_table({
      {"Москва", "moskva"},
      {"Щука и ёж: объявление", "shchuka-i-yozh-obyavlenie"},
      {"ЧАЙ, ЦЫПЛЁНОК, ЖЮРИ, ЭХО", "chay-tsyplyonok-zhyuri-ekho"},
      {"Київ, їжак, Ґанок, Єва", "kiyiv-yizhak-ganok-yeva"},
      {"Љубав Њено Ђорђе Џеп ћуп", "ljubav-njeno-djordje-dzep-cup"},
      {"Ѓорѓи Ќерка", "gjorgji-kjerka"},
      {"Ўладзімір", "uladzimir"},
      {"Қазақстан Өскемен", "qazaqstan-oskemen"},
  });
}

TEST_CASE("Greek is transliterated, with its diphthongs") {
  check_table({
      {"Ελληνικά", "ellinika"},
      {"Αθήνα Ψυχή Ξένος Χίος", "athina-psychi-xenos-chios"},
      {"ουρανός, αυτός, ευχή, Ού", "ouranos-autos-euchi-ou"},
      {"προϋπόθεση", "proypothesi"},
      {"ὦ Ἀθηναῖοι ᾧ", "o-athinaioi-o"},
      {"ΐ ΰ Ώ ς", "i-y-o-s"},
  });
}

TEST_CASE("text without transliterable letters becomes a stable hash of its own") {
  CHECK(slug("猫") != slug("犬"));
  CHECK(slug("🐱") != slug("🐶"));
  for (const char* text : {"猫", "東京タワー", "서울", "ラーメン", "مرحبا", "שלום", "ประเทศไทย", "हिन्दी", "🎬🎉", "!!!",
                           "...", "ьъ", " "}) {
    INFO(text);
    const std::string result = slug(text);
    CHECK(result.size() == 16);
    CHECK(result.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(slug(result) == result);
  }
  CHECK(slug("猫") == "e9d3906712f65802");
  CHECK(slug("猫 hero") == "hero");
}

TEST_CASE("the same text composed and decomposed gives the same slug") {
  const std::pair<const char*, const char*> table[] = {
      // Laktose & Übelkeit
      {"Laktose & \xC3\x9C"
       "belkeit",
       "Laktose & U\xCC\x88"
       "belkeit"},
      // Äpfel Öl Größe
      {"\xC3\x84pfel \xC3\x96l Gr\xC3\xB6\xC3\x9F"
       "e",
       "A\xCC\x88pfel O\xCC\x88l Gro\xCC\x88\xC3\x9F"
       "e"},
      // Ångström
      {"\xC3\x85ngstr\xC3\xB6m", "A\xCC\x8Angstro\xCC\x88m"},
      // L'été Noël
      {"L'\xC3\xA9t\xC3\xA9 No\xC3\xABl", "L'e\xCC\x81te\xCC\x81 Noe\xCC\x88l"},
      // Żółć gęślą ń
      {"\xC5\xBB\xC3\xB3\xC5\x82\xC4\x87 g\xC4\x99\xC5\x9Bl\xC4\x85 \xC5\x84",
       "Z\xCC\x87o\xCC\x81\xC5\x82"
       "c\xCC\x81 ge\xCC\xA8s\xCC\x81la\xCC\xA8 n\xCC\x81"},
      // Příliš žluťoučký kůň
      {"P\xC5\x99\xC3\xADli\xC5\xA1 \xC5\xBElu\xC5\xA5ou\xC4\x8Dk\xC3\xBD k\xC5\xAF\xC5\x88",
       "Pr\xCC\x8Ci\xCC\x81lis\xCC\x8C z\xCC\x8Clut\xCC\x8Couc\xCC\x8Cky\xCC\x81 ku\xCC\x8An\xCC\x8C"},
      // İstanbul Çağ
      {"\xC4\xB0stanbul \xC3\x87"
       "a\xC4\x9F",
       "I\xCC\x87stanbul C\xCC\xA7"
       "ag\xCC\x86"},
      // Tiếng Việt Nguyễn ặ ợ ữ
      {"Ti\xE1\xBA\xBFng Vi\xE1\xBB\x87t Nguy\xE1\xBB\x85n \xE1\xBA\xB7 \xE1\xBB\xA3 \xE1\xBB\xAF",
       "Tie\xCC\x82\xCC\x81ng Vie\xCC\xA3\xCC\x82t Nguye\xCC\x82\xCC\x83n a\xCC\xA3\xCC\x86 o\xCC\x9B\xCC\xA3 "
       "u\xCC\x9B\xCC\x83"},
      // ǖ ǟ ȫ ṻ ṏ ẗ ǿ ǽ
      {"\xC7\x96 \xC7\x9F \xC8\xAB \xE1\xB9\xBB \xE1\xB9\x8F \xE1\xBA\x97 \xC7\xBF \xC7\xBD",
       "u\xCC\x88\xCC\x84 a\xCC\x88\xCC\x84 o\xCC\x88\xCC\x84 u\xCC\x84\xCC\x88 o\xCC\x83\xCC\x88 t\xCC\x88 "
       "\xC3\xB8\xCC\x81 \xC3\xA6\xCC\x81"},
      // ёж Йод
      {"\xD1\x91\xD0\xB6 \xD0\x99\xD0\xBE\xD0\xB4", "\xD0\xB5\xCC\x88\xD0\xB6 \xD0\x98\xCC\x86\xD0\xBE\xD0\xB4"},
      // Київ їжак
      {"\xD0\x9A\xD0\xB8\xD1\x97\xD0\xB2 \xD1\x97\xD0\xB6\xD0\xB0\xD0\xBA",
       "\xD0\x9A\xD0\xB8\xD1\x96\xCC\x88\xD0\xB2 \xD1\x96\xCC\x88\xD0\xB6\xD0\xB0\xD0\xBA"},
      // Ѓорѓи Ќерка Ўў
      {"\xD0\x83\xD0\xBE\xD1\x80\xD1\x93\xD0\xB8 \xD0\x8C\xD0\xB5\xD1\x80\xD0\xBA\xD0\xB0 \xD0\x8E\xD1\x9E",
       "\xD0\x93\xCC\x81\xD0\xBE\xD1\x80\xD0\xB3\xCC\x81\xD0\xB8 \xD0\x9A\xCC\x81\xD0\xB5\xD1\x80\xD0\xBA\xD0\xB0 "
       "\xD0\xA3\xCC\x86\xD1\x83\xCC\x86"},
      // Ελληνικά προϋπόθεση ΐ ΰ
      {"\xCE\x95\xCE\xBB\xCE\xBB\xCE\xB7\xCE\xBD\xCE\xB9\xCE\xBA\xCE\xAC "
       "\xCF\x80\xCF\x81\xCE\xBF\xCF\x8B\xCF\x80\xCF\x8C\xCE\xB8\xCE\xB5\xCF\x83\xCE\xB7 \xCE\x90 \xCE\xB0",
       "\xCE\x95\xCE\xBB\xCE\xBB\xCE\xB7\xCE\xBD\xCE\xB9\xCE\xBA\xCE\xB1\xCC\x81 "
       "\xCF\x80\xCF\x81\xCE\xBF\xCF\x85\xCC\x88\xCF\x80\xCE\xBF\xCC\x81\xCE\xB8\xCE\xB5\xCF\x83\xCE\xB7 "
       "\xCE\xB9\xCC\x88\xCC\x81 \xCF\x85\xCC\x88\xCC\x81"},
      // ὦ Ἀθηναῖοι ᾧ
      {"\xE1\xBD\xA6 \xE1\xBC\x88\xCE\xB8\xCE\xB7\xCE\xBD\xCE\xB1\xE1\xBF\x96\xCE\xBF\xCE\xB9 \xE1\xBE\xA7",
       "\xCF\x89\xCC\x93\xCD\x82 \xCE\x91\xCC\x93\xCE\xB8\xCE\xB7\xCE\xBD\xCE\xB1\xCE\xB9\xCD\x82\xCE\xBF\xCE\xB9 "
       "\xCF\x89\xCC\x94\xCD\x82\xCD\x85"},
      // ガンダム パ
      {"\xE3\x82\xAC\xE3\x83\xB3\xE3\x83\x80\xE3\x83\xA0 \xE3\x83\x91",
       "\xE3\x82\xAB\xE3\x82\x99\xE3\x83\xB3\xE3\x82\xBF\xE3\x82\x99\xE3\x83\xA0 \xE3\x83\x8F\xE3\x82\x9A"},
      // 서울 한국어 값
      {"\xEC\x84\x9C\xEC\x9A\xB8 \xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4 \xEA\xB0\x92",
       "\xE1\x84\x89\xE1\x85\xA5\xE1\x84\x8B\xE1\x85\xAE\xE1\x86\xAF "
       "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB\xE1\x84\x80\xE1\x85\xAE\xE1\x86\xA8\xE1\x84\x8B\xE1\x85\xA5 "
       "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xB9"},
      // آداب ئ
      {"\xD8\xA2\xD8\xAF\xD8\xA7\xD8\xA8 \xD8\xA6", "\xD8\xA7\xD9\x93\xD8\xAF\xD8\xA7\xD8\xA8 \xD9\x8A\xD9\x94"},
      // ড় ো
      {"\xE0\xA6\xA1\xE0\xA6\xBC \xE0\xA7\x8B", "\xE0\xA6\xA1\xE0\xA6\xBC \xE0\xA7\x87\xE0\xA6\xBE"},
      // ক্ষ কো
      {"\xE0\xA6\x95\xE0\xA7\x8D\xE0\xA6\xB7 \xE0\xA6\x95\xE0\xA7\x8B",
       "\xE0\xA6\x95\xE0\xA7\x8D\xE0\xA6\xB7 \xE0\xA6\x95\xE0\xA7\x87\xE0\xA6\xBE"},
      // ക്ഷ കൊ
      {"\xE0\xB4\x95\xE0\xB5\x8D\xE0\xB4\xB7 \xE0\xB4\x95\xE0\xB5\x8A",
       "\xE0\xB4\x95\xE0\xB5\x8D\xE0\xB4\xB7 \xE0\xB4\x95\xE0\xB5\x86\xE0\xB4\xBE"},
      // ≠ ≤
      {"\xE2\x89\xA0 \xE2\x89\xA4", "=\xCC\xB8 \xE2\x89\xA4"},
      // ね ば ぱ
      {"\xE3\x81\xAD \xE3\x81\xB0 \xE3\x81\xB1", "\xE3\x81\xAD \xE3\x81\xAF\xE3\x82\x99 \xE3\x81\xAF\xE3\x82\x9A"},
      // Ӓӥӧ ё́
      {"\xD3\x92\xD3\xA5\xD3\xA7 \xD1\x91\xCC\x81",
       "\xD0\x90\xCC\x88\xD0\xB8\xCC\x88\xD0\xBE\xCC\x88 \xD0\xB5\xCC\x88\xCC\x81"},
  };
  for (const auto& [composed, decomposed] : table) {
    INFO(composed);
    CHECK(std::string_view(composed) != decomposed);
    CHECK(slug(composed) == slug(decomposed));
  }
  CHECK(slug("u\xCC\x88" "bel") == "uebel");
}

TEST_CASE("a long slug is cut and told from others by a hash") {
  const std::string longest(max_slug_bytes, 'a');
  CHECK(slug(longest) == longest);
  const std::string cut = slug(longest + "a");
  CHECK(cut.size() == max_slug_bytes);
  CHECK(cut.substr(0, 88) == std::string(87, 'a') + "-");
  CHECK(cut != slug(longest + "b"));
  CHECK(slug(cut) == cut);
  CHECK(slug(std::string(86, 'a') + " " + std::string(50, 'b')).find("--") == std::string::npos);
  CHECK(slug(std::string(60, 'x') + "\u00fc" + std::string(60, 'y')) ==
        slug(std::string(60, 'x') + "u\u0308" + std::string(60, 'y')));
}

TEST_CASE("a name loses a known image extension, and no other") {
  CHECK(name("hero.png") == "hero");
  CHECK(name("Hero.JPEG") == "hero");
  CHECK(name("Übersicht.webp") == "uebersicht");
  CHECK(name("v1.2") == "v1-2");
  CHECK(name("a.png.webp") == "a-png");
  CHECK(name("notes.txt") == "notes-txt");
  CHECK(name("png") == "png");
  CHECK(name(".png") == "png");
  CHECK(name("猫.png") == name("猫"));
  CHECK(slug("hero.png") == "hero-png");
}

TEST_CASE("a name may hold one slash, each half is a slug") {
  CHECK(name("supporting/AB12.webp") == "supporting/ab12");
  CHECK(name("Vergleich/Größe.png") == "vergleich/groesse");
  CHECK(name("a.png/b.png") == "a-png/b");
  CHECK(name("猫/犬") == name("猫") + "/" + name("犬"));
  CHECK(name("../x").substr(16) == "/x");
  CHECK(name(std::string(200, 'a') + "/" + std::string(200, 'b')).size() == 2 * max_slug_bytes + 1);
  for (const char* text : {"/", "/a", "a/", "a/b/c", "//", "a//b"}) {
    INFO(text);
    const auto made = make_name_slug(text);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == Errc::invalid_request);
  }
}

TEST_CASE("what is empty, too long or not UTF-8 is refused") {
  for (const std::string& text : {std::string(), std::string(max_name_bytes + 1, 'a'), std::string("\xC3"),
                                  std::string("\xED\xA0\x80"), std::string("\xFF")}) {
    CHECK(make_collection_slug(text).error().code == Errc::invalid_request);
    CHECK(make_name_slug(text).error().code == Errc::invalid_request);
  }
}

}  // namespace
}  // namespace lightfast::images
