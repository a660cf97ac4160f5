#include "prediction_input.h"

#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/ingest/prepared_signal.h"
#include "scar/ingest/source.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::apps {

namespace {

namespace fs = std::filesystem;

struct Request {
  std::string wfdb, store, record;  // "" = not said
};

Error malformed(const std::string& what, const std::string& where) {
  return Error(Code::data_unreadable, what)
      .at(where)
      .wanted(R"({"wfdb": PATH} or {"store": STORE, "record": ID}, and "id" if you like)");
}

/// Fills in `id` as soon as it is known, so that an error further on can say whose it is.
Request parse(const InputLine& line, const std::string& where, std::optional<std::string>& id) {
  if (line.too_long) throw malformed(cat("a line is longer than ", kLongestLine, " bytes"), where);
  const auto json = parse_json(line.text, where, static_cast<int>(Code::data_unreadable));
  if (!json.is_object()) throw malformed("a line is no JSON object", where);
  Request request;
  const auto text = [&](const char* name) {
    if (!json.contains(name)) return std::string();
    if (!json[name].is_string() || json[name].get_ref<const std::string&>().empty())
      throw malformed(cat("'", name, "' is no text"), where);
    return json[name].get<std::string>();
  };
  if (json.contains("id")) id = text("id");
  request.wfdb = text("wfdb");
  request.store = text("store");
  request.record = text("record");
  if (!id && !(request.wfdb + request.record).empty()) id = request.wfdb.empty() ? request.record : request.wfdb;
  for (const auto& [name, value] : json.items()) {
    if (name == "id" || name == "wfdb" || name == "store" || name == "record") continue;
    throw malformed(cat("an unknown member '", name, "'"), where);
  }
  if (request.wfdb.empty() == request.record.empty() || (!request.wfdb.empty() && !request.store.empty()))
    throw malformed("a line names no record, or more than one", where);
  return request;
}

}  // namespace

std::optional<InputLine> LineReader::next() {
  constexpr auto kEnd = std::istream::traits_type::eof();
  for (;;) {
    InputLine line;
    line.number = ++number_;
    auto c = in_.rdbuf()->sbumpc();
    for (; c != kEnd && c != '\n'; c = in_.rdbuf()->sbumpc()) {
      if (line.text.size() < kLongestLine)
        line.text += static_cast<char>(c);
      else
        line.too_long = true;
    }
    if (line.text.find_first_not_of(" \t\r") != std::string::npos) return line;
    if (c == kEnd) return std::nullopt;
  }
}

AskedRecord RecordReader::read(const InputLine& line) {
  AskedRecord out;
  try {
    const auto request = parse(line, cat("line ", line.number), out.id);
    if (!request.wfdb.empty())
      out.content = read_wfdb(request.wfdb);
    else
      out.content = read_stored(request.store.empty() ? default_store_ : request.store, request.record);
  } catch (const Error& error) {
    out.content = error.problems().front();
  } catch (const fs::filesystem_error& error) {  // a path that no file can have
    out.content = Problem{
        .code = Code::data_unreadable, .what = error.code().message(), .where = error.path1().string().substr(0, 200)};
  }
  return out;
}

evaluation::RecordSignal RecordReader::read_wfdb(const std::string& name) const {
  fs::path header = name;
  if (header.extension() != ".hea") header += ".hea";
  const ingest::DataRoot folder(header.has_parent_path() ? header.parent_path() : fs::path("."));
  auto ecg = ingest::read_wfdb_ecg(folder, header);
  ingest::check_amplitude(ecg, header.string());
  ingest::ProcessingOptions processing;
  processing.high_pass_hz = form_.high_pass_hz;
  processing.notch_hz = form_.notch_hz;
  processing.derive_leads = form_.derive_leads;
  auto prepared = ingest::prepare_signal(std::move(ecg), form_.rate_hz, form_.seconds(), processing, header.string());
  return {std::move(prepared.ecg.values), prepared.ecg.scale_mv};
}

evaluation::RecordSignal RecordReader::read_stored(const std::string& folder, const std::string& id) {
  if (folder.empty())
    throw Error(Code::data_missing, "the line names no store").hint("add \"store\" to it, or give --data STORE");
  auto found = stores_.find(folder);
  if (found == stores_.end()) {
    OpenStore opened{data::Store::open(folder), {}};
    const auto& store = opened.store;
    if (store.rate_hz() != form_.rate_hz || store.samples() != form_.samples) {
      throw Error(Code::store_mismatch, "the records of the store are of another rate or length")
          .at(folder)
          .got(cat(store.samples(), " samples at ", store.rate_hz(), " Hz"))
          .wanted(cat(form_.samples, " samples at ", form_.rate_hz, " Hz"));
    }
    for (std::int64_t i = 0; i < store.size(); ++i) opened.number_of.emplace(store.id(i), i);
    found = stores_.emplace(folder, std::move(opened)).first;
  }
  const auto& [store, number_of] = found->second;
  const auto record = number_of.find(id);
  if (record == number_of.end())
    throw Error(Code::data_missing, "the store has no record of this name").at(folder).got(id);
  evaluation::RecordSignal out;
  out.samples.resize(static_cast<std::size_t>(12 * store.samples()));
  store.read(record->second, out.samples.data());
  out.scale_mv = store.scale_mv(record->second);
  return out;
}

}  // namespace scar::apps
