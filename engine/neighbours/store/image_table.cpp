#include "engine/neighbours/store/image_table.h"

#include <cstring>
#include <unordered_set>

#include "engine/base/hash.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytesOf(const ContentHash& hash) {
    return std::as_bytes(std::span(hash));
}

std::span<const std::byte> bytesOf(const std::string& text) {
    return std::as_bytes(std::span(text));
}

bool toHash(std::span<const std::byte> bytes, ContentHash& hash) {
    if (bytes.size() != hash.size()) return false;
    std::memcpy(hash.data(), bytes.data(), hash.size());
    return true;
}

/// SQLite keeps no checksums of its pages; a row keeps its own.
std::int64_t checkOf(const StoredImage& image) {
    const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    const std::uint64_t there =
        mix(checksum(bytesOf(image.name)), checksum(bytesOf(image.label)), checksum(bytesOf(image.content)),
            number(image.bytes), number(image.modified), number(image.row));
    // Of an image that is there it is what it was before images could be marked: old rows stay valid.
    return static_cast<std::int64_t>(image.vanished == 0 ? there : mix(there, number(image.vanished)));
}

}  // namespace

fs::path ImageTable::file(const fs::path& folder) {
    return folder / "gallery.sqlite";
}

ImageTable::ImageTable(const fs::path& folder, Database::Mode mode) : database_(file(folder), mode) {
    const std::int64_t found = version();
    const bool writes = mode == Database::Mode::Write;
    if (found > kVersion) {
        throw Error("the gallery is of a newer version of Dinoscope", file(folder).string(),
                    "use that version");
    }
    if (found < 1 && writes && database_.integer("SELECT count(*) FROM sqlite_schema") == 0) {
        create();
    } else if (found < 1) {
        database_.fail(1);  // a database of something else
    }
    database_.check();
    if (found == 1 && writes) extend();
}

std::int64_t ImageTable::version() {
    return database_.integer("PRAGMA user_version");
}

void ImageTable::create() {
    Transaction transaction(database_, Transaction::Kind::Write);
    database_.run(
        "CREATE TABLE images (name TEXT PRIMARY KEY NOT NULL, bytes INTEGER NOT NULL, modified INTEGER NOT "
        "NULL, content BLOB NOT NULL, label TEXT NOT NULL, row INTEGER NOT NULL, check_sum INTEGER NOT NULL, "
        "vanished INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
        "CREATE TABLE state (generation INTEGER NOT NULL);"
        "INSERT INTO state VALUES (0);"
        "CREATE TABLE record (json TEXT NOT NULL);"
        "PRAGMA user_version = 2");
    transaction.commit();
}

/// From version 1 to 2.
void ImageTable::extend() {
    Transaction transaction(database_, Transaction::Kind::Write);
    database_.run(
        "ALTER TABLE images ADD COLUMN vanished INTEGER NOT NULL DEFAULT 0;"
        "CREATE TABLE record (json TEXT NOT NULL);"
        "PRAGMA user_version = 2");
    transaction.commit();
}

std::uint64_t ImageTable::generation() {
    return static_cast<std::uint64_t>(database_.integer("SELECT generation FROM state"));
}

ImageTable::Snapshot ImageTable::read() {
    Snapshot snapshot;
    Transaction transaction(database_, Transaction::Kind::Read);
    snapshot.generation = generation();
    Statement statement(database_,
                        version() < 2
                            ? "SELECT name, bytes, modified, content, label, row, check_sum, 0 FROM images"
                            : "SELECT name, bytes, modified, content, label, row, check_sum, vanished "
                              "FROM images");
    while (statement.step()) {
        StoredImage image;
        image.name = statement.text(0);
        image.bytes = statement.integer(1);
        image.modified = statement.integer(2);
        const bool hasContent = toHash(statement.bytes(3), image.content);
        image.label = statement.text(4);
        image.row = statement.integer(5);
        image.vanished = statement.integer(7);
        if (!hasContent || statement.integer(6) != checkOf(image) || image.row < 0) {
            ++snapshot.damaged;
        } else {
            (image.vanished == 0 ? snapshot.images : snapshot.vanished).push_back(std::move(image));
        }
    }
    return snapshot;
}

std::string ImageTable::record() {
    Transaction transaction(database_, Transaction::Kind::Read);
    if (version() < 2) return {};
    Statement statement(database_, "SELECT json FROM record");
    return statement.step() ? std::string(statement.text(0)) : std::string();
}

void ImageTable::keepRecord(const std::string& json) {
    Transaction transaction(database_, Transaction::Kind::Write);
    database_.run("DELETE FROM record");
    Statement(database_, "INSERT INTO record VALUES (?)").bind(1, json).finish();
    transaction.commit();
}

void ImageTable::insert(const std::vector<StoredImage>& images) {
    Statement statement(database_, "INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const StoredImage& image : images) {
        statement.bind(1, image.name).bind(2, image.bytes).bind(3, image.modified);
        statement.bind(4, bytesOf(image.content)).bind(5, image.label).bind(6, image.row);
        statement.bind(7, checkOf(image)).bind(8, image.vanished);
        statement.finish();
    }
}

void ImageTable::put(const std::vector<StoredImage>& images, const std::vector<std::string>& removed) {
    if (images.empty() && removed.empty()) return;
    Transaction transaction(database_, Transaction::Kind::Write);
    erase(removed);
    insert(images);
    transaction.commit();
}

void ImageTable::erase(const std::vector<std::string>& names) {
    Statement statement(database_, "DELETE FROM images WHERE name = ?");
    for (const std::string& name : names)
        statement.bind(1, name).finish();
}

void ImageTable::remove(const std::vector<std::string>& names) {
    if (names.empty()) return;
    Transaction transaction(database_, Transaction::Kind::Write);
    erase(names);
    transaction.commit();
}

void ImageTable::replaceAll(std::uint64_t generation, const std::vector<StoredImage>& images) {
    Transaction transaction(database_, Transaction::Kind::Write);
    database_.run("DELETE FROM images");
    Statement(database_, "UPDATE state SET generation = ?")
        .bind(1, static_cast<std::int64_t>(generation))
        .finish();
    insert(images);
    transaction.commit();
}

fs::path ThumbnailTable::file(const fs::path& folder) {
    return folder / "thumbnails.sqlite";
}

ThumbnailTable::ThumbnailTable(const fs::path& folder, Database::Mode mode) : database_(file(folder), mode) {
    if (mode == Database::Mode::Write) {
        database_.run(
            "CREATE TABLE IF NOT EXISTS thumbnails (content BLOB PRIMARY KEY NOT NULL, jpeg BLOB NOT NULL, "
            "check_sum INTEGER NOT NULL)");
    }
}

std::vector<std::byte> ThumbnailTable::find(const ContentHash& content) {
    Statement statement(database_, "SELECT jpeg, check_sum FROM thumbnails WHERE content = ?");
    statement.bind(1, bytesOf(content));
    if (!statement.step()) return {};
    const auto jpeg = statement.bytes(0);
    if (static_cast<std::int64_t>(checksum(jpeg)) != statement.integer(1)) return {};
    return {jpeg.begin(), jpeg.end()};
}

void ThumbnailTable::put(const std::vector<Entry>& entries) {
    if (entries.empty()) return;
    Transaction transaction(database_, Transaction::Kind::Write);
    Statement statement(database_, "INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?)");
    for (const Entry& entry : entries) {
        statement.bind(1, bytesOf(entry.content)).bind(2, std::span<const std::byte>(entry.jpeg));
        statement.bind(3, static_cast<std::int64_t>(checksum(entry.jpeg)));
        statement.finish();
    }
    transaction.commit();
}

void ThumbnailTable::keepOnly(const std::vector<StoredImage>& images) {
    std::unordered_set<ContentHash, ContentHashHasher> kept;
    for (const StoredImage& image : images)
        kept.insert(image.content);
    std::vector<ContentHash> dropped;
    {
        Statement statement(database_, "SELECT content FROM thumbnails");
        for (ContentHash hash; statement.step();) {
            if (toHash(statement.bytes(0), hash) && !kept.contains(hash)) dropped.push_back(hash);
        }
    }
    if (dropped.empty()) return;
    Transaction transaction(database_, Transaction::Kind::Write);
    Statement statement(database_, "DELETE FROM thumbnails WHERE content = ?");
    for (const ContentHash& hash : dropped)
        statement.bind(1, bytesOf(hash)).finish();
    transaction.commit();
}

}  // namespace dinoscope
