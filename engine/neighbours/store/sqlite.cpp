#include "engine/neighbours/store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>

#include "engine/base/atomic_file.h"

namespace dinoscope {

namespace {

constexpr int kBusyMilliseconds = 10'000;  // a commit of another process takes less

}  // namespace

Database::Database(std::filesystem::path file, Mode mode) : file_(std::move(file)) {
    const int writing = SQLITE_OPEN_READWRITE | (mode == Mode::Write ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(file_.c_str(), &handle_, writing | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK && mode == Mode::Read) {
        sqlite3_close(handle_);
        handle_ = nullptr;
        code = sqlite3_open_v2(file_.c_str(), &handle_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    }
    try {
        if (code != SQLITE_OK) fail(code);
        sqlite3_busy_timeout(handle_, kBusyMilliseconds);
        // Rollback journal: a single file that can be copied, whole after a kill at any instant.
        if (mode == Mode::Write) run("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
        run("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF");
    } catch (...) {
        sqlite3_close(handle_);
        throw;
    }
}

Database::~Database() {
    sqlite3_close(handle_);
}

void Database::run(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

void Database::check() {
    Statement statement(*this, "PRAGMA quick_check(1)");
    if (!statement.step() || statement.text(0) != "ok") fail(SQLITE_CORRUPT);
}

std::int64_t Database::integer(const char* sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

void Database::fail(int code) const {
    const std::string where = file_.string();
    switch (code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_SCHEMA:
        case SQLITE_ERROR:  // our statements are right: a table or column is missing
            throw DamagedDatabase("the database is damaged", where, "index the folder again to rebuild it");
        case SQLITE_FULL:
            throw fileError("be written", file_, ENOSPC);
        case SQLITE_READONLY:
        case SQLITE_PERM:
            throw fileError("be written", file_, EACCES);
        case SQLITE_CANTOPEN:
            throw Error("the database cannot be opened", where, "check that it is there and its permissions");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Error("the database is in use by another program", where, "try again when that has ended");
        case SQLITE_NOMEM:
            throw Error("there is not enough memory to read the database", where, "close other programs");
        default:
            throw Error(std::string("the database cannot be used (") + sqlite3_errstr(code) + ")", where,
                        "check the disk");
    }
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
    require(sqlite3_prepare_v2(database.handle(), sql, -1, &handle_, nullptr));
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

void Statement::require(int code) const {
    if (code != SQLITE_OK) database_.fail(code);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    require(sqlite3_bind_int64(handle_, parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
    require(
        sqlite3_bind_text(handle_, parameter, value.data(), static_cast<int>(value.size()), SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::byte> value) {
    require(
        sqlite3_bind_blob(handle_, parameter, value.data(), static_cast<int>(value.size()), SQLITE_STATIC));
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_.fail(code);
    return false;
}

void Statement::finish() {
    while (step()) {
    }
    reset();
}

void Statement::reset() {
    sqlite3_reset(handle_);
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return {data ? data : "", static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::span<const std::byte> Statement::bytes(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(handle_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
    database_.run(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    // After a full disk SQLite may have rolled back by itself.
    if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.run("COMMIT");
    open_ = false;
}

}  // namespace dinoscope
