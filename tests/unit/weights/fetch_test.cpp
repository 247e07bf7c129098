#include "engine/weights/fetch.h"
#include "engine/weights/fetch_entry.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "engine/base/hash.h"
#include "engine/weights/catalogue.h"
#include "engine/weights/inspector.h"
#include "weights_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

/// Serves one content on the loopback, one connection at a time, as a web server does, and keeps what was
/// asked.
class LocalServer {
public:
    explicit LocalServer(std::string content) : content_(std::move(content)) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(socket_, 4);
        socklen_t size = sizeof address;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~LocalServer() {
        stop_ = true;
        ::shutdown(socket_, SHUT_RDWR);
        ::close(socket_);
        thread_.join();
    }

    std::string address(const std::string& path = "/weights.pth") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    std::vector<std::string> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

    // What it does; set before a call.
    std::string content_;
    std::string tag = "\"one\"";
    std::size_t cutAfter = std::string::npos;  ///< bytes of a body after which it hangs up, once
    bool ranges = true;
    int status = 0;                 ///< answered to everything, if not 0
    std::atomic<bool> hold{false};  ///< stops in the middle of a body until cleared

private:
    void serve() {
        while (!stop_) {
            const int client = ::accept(socket_, nullptr, nullptr);
            if (client < 0) return;
            answer(client);
            ::close(client);
        }
    }

    static void sendAll(int client, const std::string& text) {
        for (std::size_t done = 0; done < text.size();) {
            const ssize_t sent = ::send(client, text.data() + done, text.size() - done, MSG_NOSIGNAL);
            if (sent <= 0) return;
            done += static_cast<std::size_t>(sent);
        }
    }

    void answer(int client) {
        std::string request;
        char letter = 0;
        while (request.find("\r\n\r\n") == std::string::npos && ::recv(client, &letter, 1, 0) == 1)
            request += letter;
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        if (status != 0) {
            sendAll(client, "HTTP/1.1 " + std::to_string(status) + " Odd\r\nContent-Length: 5\r\n\r\nsorry");
            return;
        }
        std::size_t start = 0;
        const std::size_t range = request.find("Range: bytes=");
        const bool same = request.find("If-Range: " + tag) != std::string::npos;
        if (ranges && same && range != std::string::npos) start = std::stoul(request.substr(range + 13));
        if (start >= content_.size() && start > 0) {
            sendAll(client, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        std::string head = start > 0 ? "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " +
                                           std::to_string(start) + "-" + std::to_string(content_.size() - 1) +
                                           "/" + std::to_string(content_.size()) + "\r\n"
                                     : "HTTP/1.1 200 OK\r\n";
        std::string body = content_.substr(start);
        head += "Content-Length: " + std::to_string(body.size()) + "\r\nETag: " + tag + "\r\n\r\n";
        const bool cut = cutAfter < body.size();
        if (cut) body.resize(std::exchange(cutAfter, std::string::npos));
        sendAll(client, head + body.substr(0, body.size() / 2));
        while (hold && !stop_)
            std::this_thread::yield();
        sendAll(client, body.substr(body.size() / 2));
    }

    int socket_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_{false};
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

std::string someBytes(std::size_t count) {
    std::string text(count, '\0');
    for (std::size_t i = 0; i < count; ++i)
        text[i] = static_cast<char>(i * 7 + i / 251);
    return text;
}

}  // namespace

class FetchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        file_ = folder_->filePath("cache/weights.pth").toStdString();
        part_ = file_ + ".part";
    }

    void aFileArrivesWhole() {
        LocalServer server(someBytes(3'000'000));
        fetch(server);
        QVERIFY(contentOf(file_) == server.content_);
        QVERIFY(!fs::exists(part_) && !fs::exists(part_ + ".validator"));
        QCOMPARE(control_.progress().done, 3);
        QCOMPARE(control_.progress().total, 3);
        QCOMPARE(control_.progress().unit, std::string("MB"));
    }

    void aCutIsToldAndGoneOnFrom() {
        LocalServer server(someBytes(3'000'000));
        server.cutAfter = 2'000'000;
        VERIFY_SAYS(errorOf([&] { fetch(server); }), "cut after 2 MB");
        QVERIFY(!fs::exists(file_));
        QCOMPARE(fs::file_size(part_), std::uintmax_t(2'000'000));
        fetch(server);
        QVERIFY(contentOf(file_) == server.content_);
        QVERIFY(server.requests().back().find("Range: bytes=2000000-") != std::string::npos);
        QVERIFY(!fs::exists(part_ + ".validator"));
    }

    void aFileThatChangedMeanwhileIsFetchedAnew() {
        LocalServer server(someBytes(3'000'000));
        server.cutAfter = 2'000'000;
        VERIFY_SAYS(errorOf([&] { fetch(server); }), "cut");
        server.content_ = std::string(2'500'000, 'x');
        server.tag = "\"two\"";
        fetch(server);
        QVERIFY(contentOf(file_) == server.content_);
    }

    void aServerWithoutRangesSendsItFromTheBeginning() {
        LocalServer server(someBytes(3'000'000));
        server.ranges = false;
        server.cutAfter = 2'000'000;
        VERIFY_SAYS(errorOf([&] { fetch(server); }), "cut");
        fetch(server);
        QVERIFY(contentOf(file_) == server.content_);
    }

    void whatIsLongerThanTheFileIsFetchedAnew() {
        LocalServer server(someBytes(1'000'000));
        fs::create_directories(fs::path(file_).parent_path());
        writeContent(part_, someBytes(2'000'000));
        writeContent(part_ + ".validator", server.tag);
        fetch(server);
        QVERIFY(contentOf(file_) == server.content_);
        QCOMPARE(server.requests().size(), std::size_t(2));
    }

    void aPartOfUnknownOriginIsNotGoneOnFrom() {
        LocalServer server(someBytes(1'000'000));
        fs::create_directories(fs::path(file_).parent_path());
        writeContent(part_, std::string(500'000, 'x'));
        fetch(server);
        QVERIFY(contentOf(file_) == server.content_);
    }

    void aWrongHashRemovesWhatCame() {
        LocalServer server("abc");
        const std::string right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (const std::string& hash : {std::string(64, '0'), std::string("ba7816be")}) {
            const std::string said = errorOf([&] { fetch(server, hash); });
            VERIFY_SAYS(said, right);
            VERIFY_SAYS(said, hash);
            QVERIFY(!fs::exists(file_) && !fs::exists(part_));
        }
        fetch(server, right);
        fs::remove(file_);
        fetch(server, right.substr(0, 8));
        QVERIFY(contentOf(file_) == "abc");
    }

    void answersOfFailureAreSentences() {
        LocalServer server("abc");
        server.status = 404;
        VERIFY_SAYS(errorOf([&] { fetch(server); }), "answers 404 (there is no such file)");
        server.status = 503;
        VERIFY_SAYS(errorOf([&] { fetch(server); }), "answers 503");
        QVERIFY(!fs::exists(file_));
    }

    void withoutANetworkTheErrorIsOneLine() {
        std::string address;
        {
            const LocalServer gone("abc");
            address = gone.address();
        }
        const std::string said = errorOf([&] { fetchFile(address, file_, {}, control_); });
        VERIFY_SAYS(said, "it cannot be fetched");
        VERIFY_SAYS(said, "check the network");
        QVERIFY(said.find('\n') == std::string::npos);
        VERIFY_SAYS(errorOf([&] { fetchFile("file:///etc/hostname", file_, {}, control_); }),
                    "cannot be fetched");
    }

    void itCanBeCancelledAndGoneOnWith() {
        LocalServer server(someBytes(3'000'000));
        server.hold = true;
        std::thread canceller([&] {
            while (!fs::exists(part_) || fs::file_size(part_) < 1'000'000)
                std::this_thread::yield();
            control_.cancel();
        });
        QVERIFY_EXCEPTION_THROWN(fetch(server), Cancelled);
        canceller.join();
        server.hold = false;
        QVERIFY(!fs::exists(file_));
        JobControl again;
        fetchFile(server.address(), file_, {}, again);
        QVERIFY(contentOf(file_) == server.content_);
    }

    void whatHasNoPublishedHashMustHoldTheNetworkThatItIsNamedFor() {
        qputenv("XDG_CACHE_HOME", QFile::encodeName(folder_->path()));
        JobControl control;
        LocalServer server(contentOf(GOLDEN_DIR "/weights/backbone.pth"));
        CatalogueEntry entry;
        entry.name = "dino-vits8";
        entry.architecture = "vit_small/8";
        entry.address = server.address();
        const std::string said = errorOf([&] { fetchEntry(entry, entry.address, control); });
        VERIFY_SAYS(said, "it holds a vit_24x2/4, not the vit_small/8 of dino-vits8");
        QVERIFY(fs::is_empty(weightsFolder()));
        entry.architecture = "vit_24x2/4";
        QCOMPARE(fetchEntry(entry, entry.address, control), weightsFolder() / "weights.pth");
        QVERIFY(contentOf(weightsFolder() / "weights.pth") == server.content_);
        fs::remove(weightsFolder() / "weights.pth");
        server.content_ = "<html>come back later</html>";
        VERIFY_SAYS(errorOf([&] { fetchEntry(entry, entry.address, control); }), "it is not dino-vits8");
        QVERIFY(fs::is_empty(weightsFolder()));
    }

    void theCatalogueIsInOrder() {
        std::set<std::string> names;
        std::set<std::string> files;
        for (const CatalogueEntry& entry : catalogue()) {
            QVERIFY2(names.insert(entry.name).second, entry.name.c_str());
            QVERIFY2(files.insert(entry.fileName()).second, entry.fileName().c_str());
            QVERIFY2(!entry.family.empty() && !entry.architecture.empty() && !entry.licence.empty(),
                     entry.name.c_str());
            if (!entry.shipped.empty()) continue;
            QVERIFY2(entry.address.empty() != entry.page.empty(), entry.name.c_str());
            QVERIFY2((entry.address + entry.page).starts_with("https://"), entry.name.c_str());
            QVERIFY2(entry.sha256.find_first_not_of("0123456789abcdef") == std::string::npos,
                     entry.name.c_str());
            QVERIFY2(entry.sha256.empty() || entry.fileName().find(entry.sha256) != std::string::npos,
                     entry.name.c_str());
            for (const auto& accuracy : {entry.knn, entry.linear})
                QVERIFY2(!accuracy || (*accuracy > 50 && *accuracy < 100), entry.name.c_str());
            QCOMPARE(findInCatalogue(entry.name), &entry);
            QCOMPARE(findByFileName(entry.fileName()), &entry);
        }
        QVERIFY(names.contains("dino-vits8"));
        QVERIFY(!findInCatalogue("untrained"));
    }

    void theModelThatShipsIsWhole() {
        qunsetenv("DINOSCOPE_MODELS");
        const CatalogueEntry* bundled = findInCatalogue("bundled");
        QVERIFY(bundled);
        const Checkpoint checkpoint(cachedFile(*bundled));
        QVERIFY(checkpoint.files().size() > 1);
        for (const auto& shard : checkpoint.files())
            QVERIFY2(std::filesystem::file_size(shard) <= 15'000'000, shard.c_str());
        JobControl control;
        QCOMPARE(sha256OfFiles(checkpoint.files(), control), bundled->sha256);
        const Inspection inspection = inspect(checkpoint);
        QVERIFY(!refusal(inspection));
        QCOMPARE(inspection.architecture + "/" + std::to_string(inspection.patchSize), bundled->architecture);
        QCOMPARE(inspection.family, bundled->family);
        QCOMPARE(inspection.confidence, std::string("certain"));
    }

    void theModelThatShipsMayLieElsewhere() {
        qputenv("DINOSCOPE_MODELS", "/elsewhere");
        const CatalogueEntry& bundled = *findInCatalogue("bundled");
        QCOMPARE(cachedFile(bundled).string(),
                 std::string("/elsewhere/bundled/model.safetensors.index.json"));
        VERIFY_SAYS(whereToFetch(bundled), "restore /elsewhere/bundled/model.safetensors.index.json");
        VERIFY_SAYS(whereToFetch(bundled), "DINOSCOPE_MODELS");
        qunsetenv("DINOSCOPE_MODELS");
    }

    void theCacheIsTheUsers() {
        qputenv("XDG_CACHE_HOME", "/somewhere");
        QCOMPARE(cachedFile(*findInCatalogue("dino-vits8")).string(),
                 std::string("/somewhere/dinoscope/weights/dino_deitsmall8_pretrain.pth"));
        VERIFY_SAYS(
            whereToFetch(*findInCatalogue("dino-vits8")),
            "https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_pretrain/dino_deitsmall8_pretrain.pth");
        VERIFY_SAYS(whereToFetch(*findInCatalogue("deit-small")), "begins with cd65a155");
        VERIFY_SAYS(whereToFetch(*findInCatalogue("dinov3-vits16")), "get it from https://ai.meta.com");
    }

private:
    void fetch(const LocalServer& server, const std::string& hash = {}) {
        fetchFile(server.address(), file_, hash, control_);
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::string file_;
    std::string part_;
    JobControl control_;
};

QTEST_APPLESS_MAIN(FetchTest)
#include "fetch_test.moc"
