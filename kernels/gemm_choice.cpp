// SPDX-License-Identifier: MIT
#include "kernels/gemm_choice.h"

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <locale>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "kernels/error.h"

namespace kiln::kernels {
namespace {

// In the order of the enumerators; of GemmVariant, of the bits.
constexpr std::string_view kOps[] = {"gemm", "linear_backward"};
constexpr std::string_view kVariants[] = {"transpose_a", "transpose_b", "bias",  "accumulate",
                                          "dweight",     "add_dweight", "dbias", "add_dbias",
                                          "dx",          "add_dx"};
constexpr std::string_view kPlain = "plain";  // no variant
#define KILN_WORD(Op, enumerator) #enumerator,
constexpr std::string_view kActivations[] = {KILN_ACTIVATIONS(KILN_WORD)};
#undef KILN_WORD
constexpr std::string_view kPrecisions[] = {"fp32", "tf32x3", "tf32", "bf16"};
constexpr std::string_view kBackends[] = {"kiln", "cublas", "measured"};
constexpr std::size_t kNumWords = 10;

template <std::size_t kCount, class Enum>
std::string_view word(const std::string_view (&words)[kCount], Enum value) {
  return words[static_cast<std::size_t>(value)];
}

template <std::size_t kCount, class Enum>
bool parse(const std::string_view (&words)[kCount], std::string_view text, Enum& value) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (words[i] != text) continue;
    value = static_cast<Enum>(i);
    return true;
  }
  return false;
}

std::string variant_words(unsigned variant) {
  std::string text;
  for (std::size_t bit = 0; bit < std::size(kVariants); ++bit) {
    if ((variant & 1u << bit) == 0) continue;
    if (!text.empty()) text += '+';
    text += kVariants[bit];
  }
  return text.empty() ? std::string(kPlain) : text;
}

bool parse_variant(std::string_view text, unsigned& variant) {
  variant = 0;
  std::istringstream words{std::string(text)};
  for (std::string each; std::getline(words, each, '+');) {
    unsigned bit = 0;
    if (parse(kVariants, each, bit)) variant |= 1u << bit;
  }
  return variant_words(variant) == text;
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && last == end;
}

bool parse_size(std::string_view text, std::int64_t& value) {
  return parse_number(text, value) && value > 0;
}

bool parse_time(std::string_view text, double& value) {
  return parse_number(text, value) && std::isfinite(value) && value >= 0;
}

// Whatever the program's locale.
std::string to_text(double value) {
  std::array<char, 32> digits;
  const auto result = std::to_chars(digits.begin(), digits.end(), value);
  return {digits.begin(), result.ptr};
}

}  // namespace

std::string gemm_choice_line(const GemmKey& key, const GemmChoice& choice) {
  std::ostringstream line;
  line.imbue(std::locale::classic());
  line << word(kOps, key.op) << ' ' << key.m << ' ' << key.n << ' ' << key.k << ' '
       << variant_words(key.variant) << ' ' << word(kActivations, key.activation) << ' '
       << word(kPrecisions, key.precision) << ' ' << word(kBackends, choice.winner) << ' '
       << to_text(choice.kiln_us) << ' ' << to_text(choice.cublas_us);
  return line.str();
}

std::optional<GemmChoices::value_type> parse_gemm_choice_line(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string each; words.size() <= kNumWords && stream >> each;) words.push_back(each);
  if (words.size() != kNumWords) return {};
  GemmKey key;
  GemmChoice choice;
  const bool is_valid =
      parse(kOps, words[0], key.op) && parse_size(words[1], key.m) && parse_size(words[2], key.n) &&
      parse_size(words[3], key.k) && parse_variant(words[4], key.variant) &&
      parse(kActivations, words[5], key.activation) &&
      parse(kPrecisions, words[6], key.precision) && parse(kBackends, words[7], choice.winner) &&
      choice.winner != GemmBackend::measured && parse_time(words[8], choice.kiln_us) &&
      parse_time(words[9], choice.cublas_us);
  if (!is_valid) return {};
  return GemmChoices::value_type(key, choice);
}

GemmBackend gemm_backend_named(const char* setting) {
  const std::string_view text = setting == nullptr ? "" : setting;
  GemmBackend backend = GemmBackend::kiln;
  if (text.empty() || parse(kBackends, text, backend)) return backend;
  throw Error("[gemm] KILN_GEMM is '" + std::string(text) +
              "'; it may be kiln, cublas or measured");
}

}  // namespace kiln::kernels
