// SPDX-License-Identifier: MIT
// benchmark_tables FILE...: Markdown tables from Google Benchmark's JSON files on stdout.
// Benchmarks are named family/implementation/case[/...]. A family is a table, a case a row, an
// implementation a column: median, half the spread between the quartiles, and how many times as
// long as the first implementation it takes. Runs of one name in several files count as
// repetitions, so that files written in turns compare programs under the same conditions.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

struct Cell {
  std::vector<double> seconds;
  std::string rate;  // "FLOP/s" or "bytes/s", of the median run
  std::vector<double> rates;
  std::vector<double> floor_shares;  // of the machine's best, where that is known
  std::string error;
};

// Keeps the order in which keys came.
template <class Value>
class OrderedMap {
 public:
  Value& operator[](const std::string& key) {
    for (auto& [name, value] : entries_) {
      if (name == key) return value;
    }
    return entries_.emplace_back(key, Value{}).second;
  }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<std::pair<std::string, Value>> entries_;
};

using Row = std::map<std::string, Cell>;
struct Family {
  OrderedMap<bool> implementations;
  OrderedMap<Row> rows;
};

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double seconds_per_unit(const std::string& unit) {
  if (unit == "ns") return 1e-9;
  if (unit == "us") return 1e-6;
  if (unit == "ms") return 1e-3;
  if (unit == "s") return 1;
  throw std::runtime_error("time unit '" + unit + "' is unknown");
}

// "family/implementation/case/options" without options such as real_time and manual_time.
void add(OrderedMap<Family>& families, const Json& run) {
  if (run.value("run_type", "") != "iteration") return;
  std::istringstream name(run.at("name").get<std::string>());
  std::string family, implementation, rest;
  std::getline(name, family, '/');
  std::getline(name, implementation, '/');
  std::getline(name, rest, '/');
  if (rest.empty()) return;  // not one of ours
  families[family].implementations[implementation] = true;
  Cell& cell = families[family].rows[rest][implementation];
  if (run.value("error_occurred", false)) {
    cell.error = run.value("error_message", "failed");
    return;
  }
  cell.seconds.push_back(run.at("real_time").get<double>() *
                         seconds_per_unit(run.at("time_unit").get<std::string>()));
  for (const char* rate : {"FLOP/s", "bytes/s"}) {
    if (!run.contains(rate)) continue;
    cell.rate = rate;
    cell.rates.push_back(run[rate].get<double>());
  }
  if (run.contains("floor_share")) cell.floor_shares.push_back(run["floor_share"].get<double>());
}

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

std::string describe(const Cell& cell, const Cell* first) {
  if (cell.seconds.empty()) return cell.error.empty() ? "—" : cell.error;
  const double median = quantile(cell.seconds, 0.5);
  const double spread = (quantile(cell.seconds, 0.75) - quantile(cell.seconds, 0.25)) / 2;
  std::string text = format("%.2f", median * 1e6) + format(" ± %.2f µs", spread * 1e6);
  if (!cell.rates.empty()) {
    const double rate = quantile(cell.rates, 0.5);
    text += ", " + (rate < 1e12 ? format("%.1f G", rate * 1e-9) : format("%.3f T", rate * 1e-12)) +
            (cell.rate == "FLOP/s" ? "FLOP/s" : "B/s");
  }
  if (!cell.floor_shares.empty()) {
    text += format(", %.0f %% of the floor", quantile(cell.floor_shares, 0.5) * 100);
  }
  if (first != nullptr && first != &cell && !first->seconds.empty()) {
    text += format(" (×%.2f)", median / quantile(first->seconds, 0.5));
  }
  return text;
}

void print(const std::string& name, const Family& family) {
  std::cout << "\n### " << name << "\n\n| case |";
  std::string rule = "|---|";
  for (const auto& [implementation, used] : family.implementations) {
    std::cout << ' ' << implementation << " |";
    rule += "---|";
  }
  std::cout << '\n' << rule << '\n';
  for (const auto& [label, row] : family.rows) {
    std::cout << "| " << label << " |";
    const Cell* first = nullptr;
    for (const auto& [implementation, used] : family.implementations) {
      const auto found = row.find(implementation);
      const Cell empty;
      const Cell& cell = found == row.end() ? empty : found->second;
      std::cout << ' ' << describe(cell, first) << " |";
      if (first == nullptr && found != row.end()) first = &found->second;
    }
    std::cout << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw std::runtime_error("name the JSON files of Google Benchmark");
    OrderedMap<Family> families;
    for (int i = 1; i < argc; ++i) {
      std::ifstream file(argv[i]);
      if (!file) throw std::runtime_error(std::string(argv[i]) + " cannot be read");
      try {
        const Json document = Json::parse(file);
        for (const Json& run : document.at("benchmarks")) add(families, run);
      } catch (const Json::exception& error) {
        throw std::runtime_error(std::string(argv[i]) + ": " + error.what());
      }
    }
    for (const auto& [name, family] : families) print(name, family);
  } catch (const std::exception& error) {
    std::cerr << "benchmark_tables: error: " << error.what() << '\n';
    return 1;
  }
}
