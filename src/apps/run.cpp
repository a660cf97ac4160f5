#include "scar/apps/run.h"

#include <c10/util/Exception.h>

#include <csignal>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <string_view>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/version.h"

namespace scar::apps {

namespace {

int report(const Error& error, bool json) {
  log::end_progress();
  if (json) {
    Json document;
    document["errors"] = Json::array();
    for (const auto& problem : error.problems()) {
      Json entry;
      entry["code"] = static_cast<int>(problem.code);
      entry["what"] = problem.what;
      const auto put = [&](const char* name, const std::string& value) {
        if (!value.empty()) entry[name] = value;
      };
      put("where", problem.where);
      put("got", problem.got);
      put("wanted", problem.wanted);
      put("hint", problem.hint);
      document["errors"].push_back(std::move(entry));
    }
    document["status"] = error.status();
    // A path may hold bytes that are not UTF-8; they must not turn an error message into another error.
    std::cerr << document.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    log::error(error.what());
    if (error.problems().size() > 1) log::error(cat(error.problems().size(), " errors"));
  }
  return error.status();
}

}  // namespace

int run(int argc, const char* const* argv, int (*program)(int, const char* const*)) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe shows as a failed write, and ends the program quietly
  bool json = false;
  for (int i = 1; i < argc; ++i) json = json || std::string_view(argv[i]) == "--json";
  int status = 1;
  try {
    status = program(argc, argv);
  } catch (const Error& error) {
    status = report(error, json);
  } catch (const std::bad_alloc&) {
    status = report(Error(Code::out_of_memory, "out of memory").hint("make the batch smaller"), json);
  } catch (const c10::OutOfMemoryError& error) {
    status = report(Error(Code::out_of_memory, "the device is out of memory")
                        .got(error.what_without_backtrace())
                        .hint("make train.batch smaller or train.accumulate larger; for evaluation, --batch"),
                    json);
  } catch (const c10::Error& error) {
    status = report(Error(Code::tensor_library, error.what_without_backtrace())
                        .hint(cat("this is our mistake: please report it with the command line and scar ", version(),
                                  " ", revision())),
                    json);
  } catch (const std::exception& error) {
    status = report(Error(Code::internal, error.what())
                        .hint(cat("this is our mistake: please report it with the command line and scar ", version(),
                                  " ", revision())),
                    json);
  }
  log::close_file();
  std::cout.flush();
  return status;
}

}  // namespace scar::apps
