// static_folder_test_site.h - for tests of StaticFolder: a folder that ends with the test, and requests for its files.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "http/http_test_client.h"
#include "loquat/static_folder.h"

namespace loquat::http {

class TestFolder {
 public:
  TestFolder() {
    char name[] = "/tmp/loquat-folder-XXXXXX";
    root_ = ::mkdtemp(name);
    std::filesystem::create_directory(root_ / "site");
  }
  ~TestFolder() { std::filesystem::remove_all(root_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  // The folder that is served. Its parent has files, too.
  std::filesystem::path site() const { return root_ / "site"; }
  std::filesystem::path operator/(const std::string& name) const { return site() / name; }
  const TestFolder& write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((site() / name).parent_path());
    std::ofstream(site() / name, std::ios::binary) << text;
    return *this;
  }

 private:
  std::filesystem::path root_;
};

inline Answer ask_for(Client& client, const std::string& target, const std::string& lines = {},
                      const std::string& method = "GET") {
  return client.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n").answer(method == "HEAD");
}

}  // namespace loquat::http
