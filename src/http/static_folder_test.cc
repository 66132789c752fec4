// What StaticFolder serves, and what it never serves.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "codec/http1/conditions.h"
#include "http/static_folder_test_site.h"

namespace loquat::http {
namespace {

namespace fs = std::filesystem;

class StaticFolderIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, StaticFolderIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(StaticFolderIn, ServesFilesWithTheirHeaders) {
  run([] {
    const TestFolder folder;
    folder.write("index.html", "<p>home").write("sub/index.html", "<p>sub").write("sub/a.TXT", "text");
    folder.write("empty.css", "").write("what", "?").write("a b/\u8bf7.json", "{}").write("old.html", "gbk");
    Site site(StaticFolder(folder.site(), {.content_types = {{".html", "text/html"}, {"old.html", "text/x-old"}}}));
    Client client = site.connect();
    struct Case {
      const char *target, *body, *type;
    };
    for (const Case& each : std::initializer_list<Case>{
             {"/", "<p>home", "text/html"},
             {"/index.html", "<p>home", "text/html"},
             {"/index.html?from=3", "<p>home", "text/html"},
             {"/%69ndex.html", "<p>home", "text/html"},
             {"/sub/", "<p>sub", "text/html"},
             {"/sub/a.TXT", "text", "text/plain; charset=utf-8"},
             {"/empty.css", "", "text/css; charset=utf-8"},
             {"/what", "?", "application/octet-stream"},
             {"/a%20b/%E8%AF%B7.json", "{}", "application/json"},
             {"/old.html", "gbk", "text/x-old"},
         }) {
      SCOPED_TRACE(each.target);
      const Answer answer = ask_for(client, each.target);
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, each.body);
      EXPECT_EQ(answer["Content-Type"], each.type);
      EXPECT_EQ(answer["X-Content-Type-Options"], "nosniff");
      EXPECT_EQ(answer["Accept-Ranges"], "bytes");
      EXPECT_EQ(answer["Cache-Control"], "no-cache");
      const Answer head = ask_for(client, each.target, {}, "HEAD");
      EXPECT_EQ(head.body, "");
      for (const char* name : {"Content-Length", "Content-Type", "ETag", "Last-Modified"})
        EXPECT_EQ(head[name], answer[name]) << name;
    }
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
      const Answer refused = ask_for(client, "/", {}, method);
      EXPECT_EQ(refused.status, 405);
      EXPECT_EQ(refused["Allow"], "GET, HEAD");
    }
  });
}

TEST_P(StaticFolderIn, ServesNothingElse) {
  run([] {
    const TestFolder folder;
    folder.write("../secret", "SECRET").write("../site2/secret", "SECRET").write("a/b.txt", "b");
    folder.write(".env", "SECRET").write(".git/config", "SECRET").write("a/.hidden", "SECRET");
    fs::create_symlink("../secret", folder / "out");
    fs::create_symlink("/etc", folder / "etc");
    fs::create_symlink("..", folder / "up");
    fs::create_symlink(folder / "a", folder / "absolute");
    fs::create_symlink("loop", folder / "loop");
    fs::create_symlink("../../secret", folder / "a/../deep");
    Site site(StaticFolder(folder.site()));
    Client client = site.connect();
    for (const char* target : {"/../secret",
                               "/%2e%2e/secret",
                               "/..%2fsecret",
                               "/%2e%2e%2fsecret",
                               "/.%2e/secret",
                               "/a/../../secret",
                               "/a/%2e%2e/%2e%2e/secret",
                               "/a/..%2f..%2fsecret",
                               "/%252e%252e/secret",
                               "/..%5csecret",
                               "/..\\secret",
                               "/a\\..\\..\\secret",
                               "/../site2/secret",
                               "/../site/a/b.txt",
                               "/a/../a/b.txt",
                               "/./a/b.txt",
                               "/a/./b.txt",
                               "//a/b.txt",
                               "/a//b.txt",
                               "/a%2fb.txt",
                               "/%2fetc%2fpasswd",
                               "//etc/passwd",
                               "/a/b.txt/",
                               "/a/b.txt%00",
                               "/a/b.txt%00.html",
                               "/a%00/b.txt",
                               "/%",
                               "/%2",
                               "/%zz",
                               "/a/b.txt%0d%0aX:1",
                               "/a/%ff.txt",
                               "/%c0%ae%c0%ae/secret",
                               "/%c0%af..",
                               "/out",
                               "/etc/passwd",
                               "/up/secret",
                               "/up/site/a/b.txt",
                               "/absolute/b.txt",
                               "/loop",
                               "/deep",
                               "/.env",
                               "/.git/config",
                               "/%2egit/config",
                               "/a/.hidden",
                               "/.",
                               "/..",
                               "/...",
                               "/nothing",
                               "/a",
                               "/a/",
                               "/a/b.txt/c",
                               "/secret",
                               "/proc/self/environ"}) {
      SCOPED_TRACE(target);
      const Answer answer = ask_for(client, target);
      EXPECT_EQ(answer.status, 404);
      EXPECT_EQ(answer.body.find("SECRET"), std::string::npos);
    }
    EXPECT_EQ(ask_for(client, "/" + std::string(300, 'a')).status, 404);
    EXPECT_EQ(ask_for(client, "*", {}, "OPTIONS").status, 405);
    EXPECT_EQ(ask_for(client, "http://other/a/b.txt").body, "b");
    EXPECT_EQ(ask_for(client, "/a/b.txt").body, "b");
  });
}

TEST_P(StaticFolderIn, FollowsLinksThatStay) {
  run([] {
    const TestFolder folder;
    folder.write("releases/5/app.js", "5").write(".hidden/x", "x");
    fs::create_directory_symlink("releases/5", folder / "current");
    fs::create_symlink("../current/app.js", folder / "releases/app.js");
    fs::create_symlink("../site/releases/5/app.js", folder / "round");
    Site hiding(StaticFolder(folder.site()));
    Site showing(StaticFolder(folder.site(), {.cache_control = "", .hidden = true}));
    Client client = hiding.connect(), other = showing.connect();
    EXPECT_EQ(ask_for(client, "/current/app.js").body, "5");
    EXPECT_EQ(ask_for(client, "/releases/app.js").body, "5");
    EXPECT_EQ(ask_for(client, "/round").status, 404) << "it leaves the folder on its way";
    EXPECT_EQ(ask_for(client, "/.hidden/x").status, 404);
    EXPECT_EQ(ask_for(other, "/.hidden/x").body, "x");
    EXPECT_EQ(ask_for(other, "/.hidden/x")["Cache-Control"], "");
  });
}

TEST_P(StaticFolderIn, AFolderGetsItsSlashAndNoOtherHost) {
  run([] {
    const TestFolder folder;
    folder.write("sub/index.html", "").write("evil.com/index.html", "");
    folder.write("http:/index.html", "").write("a b/index.html", "");
    Site site([files = StaticFolder(folder.site())](Request& request, Response& response) {
      const std::string_view path = request.path();
      if (path.starts_with("/app")) return files.serve(request, response, "/sub");
      files.serve(request, response, path.starts_with("/static") ? path.substr(7) : path);
    });
    Client client = site.connect();
    const auto to = [&](const char* target) {
      const Answer answer = ask_for(client, target);
      EXPECT_EQ(answer.status, 301) << target;
      EXPECT_EQ(answer.body, "");
      return answer["Location"];
    };
    EXPECT_EQ(to("/sub"), "./sub/");
    EXPECT_EQ(to("/sub?a=//evil.com"), "./sub/?a=//evil.com");
    EXPECT_EQ(to("/static/sub"), "./sub/");
    EXPECT_EQ(to("/evil.com"), "./evil.com/");
    EXPECT_EQ(to("/http:"), "./http:/");
    EXPECT_EQ(to("/a%20b"), "./a%20b/");
    EXPECT_EQ(to("/app"), "./app/");
    for (const char* target : {"//evil.com", "///evil.com", "/%2fevil.com", "/\\evil.com", "/sub//evil.com",
                               "//evil.com/%2e%2e", "/static", "/static//evil.com", "/app/"}) {
      const Answer answer = ask_for(client, target);
      EXPECT_EQ(answer.status, 404) << target;
      EXPECT_EQ(answer["Location"], "") << target;
    }
  });
}

TEST_P(StaticFolderIn, WhatIsNoFileIsNotOpenedForLong) {
  run([] {
    const TestFolder folder;
    folder.write("closed", "x");
    ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
    fs::create_directory(folder / "index.html");
    sockaddr_un name{AF_UNIX, {}};
    (folder / "socket").string().copy(name.sun_path, sizeof name.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    ::close(fd);
    fs::permissions(folder / "closed", fs::perms::none);
    Site site(StaticFolder(folder.site()));
    Client client = site.connect();
    for (const char* target : {"/fifo", "/socket", "/", "/fifo/", "/fifo/x"})
      EXPECT_EQ(ask_for(client, target).status, 404) << target;
    EXPECT_EQ(ask_for(client, "/closed").status, ::geteuid() == 0 ? 200 : 403);
  });
}

TEST_P(StaticFolderIn, AnswersConditionsAndRanges) {
  run([] {
    const TestFolder folder;
    folder.write("digits", "0123456789").write("empty", "");
    const auto set_time = [&](std::chrono::seconds since_epoch) {
      const timespec times[2] = {{0, UTIME_OMIT}, {since_epoch.count(), 5}};
      ASSERT_EQ(::utimensat(AT_FDCWD, (folder / "digits").c_str(), times, 0), 0);
    };
    set_time(784111777s);
    Site site(StaticFolder(folder.site()));
    Client client = site.connect();
    const auto get = [&](const std::string& lines, const char* target = "/digits") {
      return ask_for(client, target, lines);
    };
    const std::string tag = get("")["ETag"], date = get("")["Last-Modified"];
    EXPECT_EQ(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(tag.size(), 18u) << tag;

    const Answer same = get("If-None-Match: " + tag + "\r\nRange: bytes=0-1\r\n");
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(same["ETag"], tag);
    EXPECT_EQ(same["Cache-Control"], "no-cache");
    EXPECT_EQ(get("If-Modified-Since: " + date + "\r\n").status, 304);
    EXPECT_EQ(get("If-None-Match: \"x\"\r\nIf-Modified-Since: " + date + "\r\n").status, 200);
    EXPECT_EQ(get("If-Match: \"x\"\r\n").status, 412);
    EXPECT_EQ(get("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n").status, 412);

    const Answer part = get("Range: bytes=2-4\r\nIf-Range: " + tag + "\r\n");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "234");
    EXPECT_EQ(part["Content-Range"], "bytes 2-4/10");
    EXPECT_EQ(part["Content-Length"], "3");
    EXPECT_EQ(part["ETag"], tag);
    EXPECT_EQ(get("Range: bytes=-3\r\n").body, "789");
    EXPECT_EQ(get("Range: bytes=8-99999999999999999999\r\n").body, "89");
    EXPECT_EQ(get("Range: bytes=0-0,-1\r\n").body, "0123456789");
    EXPECT_EQ(get("Range: bytes=2-4\r\nIf-Range: W/" + tag + "\r\n").status, 200);
    for (const char* range : {"bytes=10-", "bytes=-0", "bytes=18446744073709551616-"}) {
      const Answer none = get("Range: " + std::string(range) + "\r\n");
      EXPECT_EQ(none.status, 416) << range;
      EXPECT_EQ(none["Content-Range"], "bytes */10");
      EXPECT_EQ(none["ETag"], "");
    }
    EXPECT_EQ(ask_for(client, "/digits", "Range: bytes=2-4\r\n", "HEAD").status, 200);
    EXPECT_EQ(get("Range: bytes=0-\r\n", "/empty").status, 416);
    EXPECT_EQ(get("Range: bytes=-5\r\n", "/empty").status, 200);

    folder.write("digits.new", "9876543210");
    fs::rename(folder / "digits.new", folder / "digits");
    set_time(784111777s);
    const Answer changed = get("Range: bytes=2-4\r\nIf-Range: " + tag + "\r\n");
    EXPECT_EQ(changed.status, 200) << "the same size and time, but another file";
    EXPECT_EQ(changed.body, "9876543210");
    set_time(0s);
    EXPECT_EQ(get("If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n").status, 200);
    EXPECT_EQ(get("")["Last-Modified"], "");
    set_time(99999999999s);
    const auto last_modified = codec::parse_http_date(get("")["Last-Modified"]);
    ASSERT_TRUE(last_modified);
    EXPECT_LE(*last_modified, std::chrono::system_clock::now()) << "not in the future";
  });
}

TEST(StaticFolder, MustBeAFolder) {
  const TestFolder folder;
  folder.write("file", "");
  EXPECT_THROW(StaticFolder(folder / "nothing"), FileNotFoundError);
  EXPECT_THROW(StaticFolder(folder / "file"), NotADirectoryError);
  EXPECT_THROW(StaticFolder(folder.site(), {.cache_control = "a\r\nb"}), std::invalid_argument);
  EXPECT_THROW(StaticFolder(folder.site(), {.content_types = {{".x", "a\nb"}}}), std::invalid_argument);
}

}  // namespace
}  // namespace loquat::http
