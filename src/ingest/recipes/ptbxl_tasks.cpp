#include "scar/ingest/recipes/ptbxl_tasks.h"

#include <algorithm>
#include <set>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "strict_text.h"

namespace scar::ingest {

const std::vector<PtbxlTaskCounts>& ptbxl_task_counts() {
  static const std::vector<PtbxlTaskCounts> counts = {
      {"ptbxl-super",
       {17084, 2146, 2158},
       {{"HYP", {2119, 268, 262}},
        {"NORM", {7596, 955, 963}},
        {"MI", {4379, 540, 550}},
        {"CD", {3907, 495, 496}},
        {"STTC", {4186, 528, 521}}}},
      {"ptbxl-sub", {17084, 2146, 2158}, {{"AMI", {2466, 306, 306}},  {"LAFB/LPFB", {1437, 181, 179}},
                                          {"LVH", {1708, 210, 214}},  {"STTC", {1792, 225, 222}},
                                          {"IMI", {2618, 326, 327}},  {"SEHYP", {24, 3, 2}},
                                          {"CRBBB", {432, 55, 54}},   {"WPW", {64, 7, 8}},
                                          {"LAO/LAE", {341, 43, 42}}, {"NORM", {7596, 955, 963}},
                                          {"ISC", {1019, 125, 128}},  {"AVB", {658, 83, 82}},
                                          {"RAO/RAE", {79, 10, 10}},  {"LMI", {161, 20, 20}},
                                          {"ISCI", {318, 39, 40}},    {"ISCA", {756, 92, 93}},
                                          {"NST", {615, 75, 77}},     {"CLBBB", {428, 54, 54}},
                                          {"ILBBB", {62, 7, 8}},      {"IRBBB", {894, 112, 112}},
                                          {"PMI", {13, 2, 2}},        {"RVH", {102, 12, 12}},
                                          {"IVCD", {630, 78, 79}}}},
      {"ptbxl-form",
       {7197, 901, 880},
       {{"PAC", {318, 40, 40}},
        {"DIG", {145, 18, 18}},
        {"HVOLT", {49, 7, 6}},
        {"STD", {807, 101, 101}},
        {"LPR", {272, 34, 34}},
        {"QWAVE", {438, 55, 55}},
        {"VCLVH", {701, 87, 87}},
        {"NDT", {1461, 182, 182}},
        {"TAB", {28, 4, 3}},
        {"LOWT", {350, 44, 44}},
        {"ABQRS", {2683, 322, 322}},
        {"LNGQT", {94, 12, 11}},
        {"PRC(S)", {8, 1, 1}},
        {"NT", {340, 41, 42}},
        {"STE", {22, 3, 3}},
        {"NST", {615, 75, 77}},
        {"PVC", {915, 114, 114}},
        {"INVT", {235, 30, 29}},
        {"LVOLT", {145, 19, 18}}}},
      {"ptbxl-rhythm",
       {16832, 2100, 2098},
       {{"SVARR", {128, 15, 14}},
        {"BIGU", {66, 8, 8}},
        {"STACH", {661, 83, 82}},
        {"SARRH", {618, 77, 77}},
        {"SBRAD", {509, 64, 64}},
        {"TRIGU", {16, 2, 2}},
        {"AFIB", {1211, 151, 152}},
        {"SR", {13404, 1670, 1674}},
        {"SVTAC", {21, 3, 3}},
        {"PSVT", {19, 3, 2}},
        {"AFLT", {59, 7, 7}},
        {"PACE", {237, 29, 28}}}},
  };
  return counts;
}

int ptbxl_fold_size(int fold) {
  constexpr int kSizes[kPtbxlFolds] = {2175, 2181, 2192, 2174, 2174, 2173, 2176, 2173, 2183, 2198};
  return kSizes[fold - 1];
}

int ptbxl_split_of_fold(int fold) { return fold <= 8 ? 0 : fold - 8; }

std::vector<data::TaskInfo> ptbxl_tasks() {
  std::vector<data::TaskInfo> tasks;
  for (const auto& task : ptbxl_task_counts()) {
    tasks.push_back({task.name, {}});
    for (const auto& one : task.classes) tasks.back().classes.push_back(one.name);
  }
  return tasks;
}

namespace {

std::string_view without_underscores(std::string_view name) {
  while (name.starts_with('_')) name.remove_prefix(1);
  while (name.ends_with('_')) name.remove_suffix(1);
  return name;
}

bool flag(const CsvTable& table, std::size_t row, std::size_t column) {
  const auto text = table.at(row, column);
  if (text.empty()) return false;
  const auto value = parse_number<double>(text);
  if (!value || (*value != 0 && *value != 1)) {
    throw Error(Code::csv_invalid, cat("column '", table.columns()[column], "' is neither empty nor 0 nor 1"))
        .at(table.where(row))
        .got(shown(text));
  }
  return *value == 1;
}

}  // namespace

PtbxlStatements::PtbxlStatements(const CsvTable& table) {
  const auto& tasks = ptbxl_task_counts();
  const std::size_t code = table.column("");  // the published file leaves the name of its first column empty
  const std::size_t diagnostic = table.column("diagnostic"), form = table.column("form"),
                    rhythm = table.column("rhythm");
  const std::size_t class_column = table.column("diagnostic_class");
  const std::size_t subclass = table.column("diagnostic_subclass");
  std::set<std::pair<std::size_t, std::size_t>> used;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto placed = classes_.try_emplace(std::string(table.at(row, code)));
    const auto entry = placed.first;
    if (!placed.second || entry->first.empty()) {
      throw Error(Code::csv_invalid, "a statement has no code, or one that another statement has")
          .at(table.where(row))
          .got(shown(entry->first));
    }
    const auto place = [&](std::size_t task, std::string_view name) {
      name = without_underscores(name);
      const auto& classes = tasks[task].classes;
      const auto found = std::find_if(classes.begin(), classes.end(), [&](const auto& c) { return c.name == name; });
      if (found == classes.end()) {
        throw Error(Code::csv_invalid, cat("a statement belongs to a class that ", tasks[task].name, " does not have"))
            .at(table.where(row))
            .got(shown(name))
            .hint("scp_statements.csv of PTB-XL 1.0.3 is needed");
      }
      const auto index = static_cast<std::size_t>(found - classes.begin());
      entry->second.push_back({task, index});
      used.emplace(task, index);
    };
    if (flag(table, row, diagnostic)) {
      place(0, table.at(row, class_column));
      place(1, table.at(row, subclass));
    }
    if (flag(table, row, form)) place(2, entry->first);
    if (flag(table, row, rhythm)) place(3, entry->first);
  }
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    for (std::size_t index = 0; index < tasks[task].classes.size(); ++index) {
      if (used.contains({task, index})) continue;
      throw Error(Code::csv_invalid, cat("no statement belongs to a class of ", tasks[task].name))
          .at(table.origin())
          .wanted(shown(tasks[task].classes[index].name))
          .hint("scp_statements.csv of PTB-XL 1.0.3 is needed");
    }
  }
}

std::map<std::string, std::vector<std::uint8_t>> PtbxlStatements::labels(const std::vector<ScpCode>& codes,
                                                                         const std::string& where) const {
  const auto& tasks = ptbxl_task_counts();
  std::map<std::string, std::vector<std::uint8_t>> rows;
  for (const auto& code : codes) {
    const auto found = classes_.find(code.code);
    if (found == classes_.end()) {
      throw Error(Code::scp_codes_invalid, "a code is not in scp_statements.csv").at(where).got(shown(code.code));
    }
    for (const auto& place : found->second) {
      auto& row = rows[tasks[place.task].name];
      row.resize(tasks[place.task].classes.size());
      row[place.index] = 1;
    }
  }
  return rows;
}

}  // namespace scar::ingest
