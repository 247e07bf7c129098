#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace dinoscope {

/// A database that is no database any more: what can be made anew should be.
class DamagedDatabase : public Error {
public:
    using Error::Error;
};

/// One SQLite file. Errors are sentences that name it; damage is a DamagedDatabase. One thread at a time.
class Database {
public:
    enum class Mode {
        Read,  ///< of a file that is there; what a killed writer left half done is undone if it can be
        Write  ///< made if it is not there; a commit is on the disk when it returns
    };
    Database(std::filesystem::path file, Mode mode);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void run(const char* sql);
    /// Throws DamagedDatabase if pages are not what they should be; reads all of them.
    void check();
    std::int64_t integer(const char* sql);

    [[noreturn]] void fail(int code) const;
    sqlite3* handle() const { return handle_; }

private:
    std::filesystem::path file_;
    sqlite3* handle_ = nullptr;
};

/// A prepared statement. Parameters count from 1, columns from 0. What is bound must live until the next
/// step().
class Statement {
public:
    Statement(Database& database, const char* sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view value);
    Statement& bind(int parameter, std::span<const std::byte> value);

    /// Whether there is a row to read.
    bool step();
    /// step() to the end, then ready for other parameters.
    void finish();
    void reset();

    std::int64_t integer(int column) const;
    /// Valid until the next step().
    std::string_view text(int column) const;
    std::span<const std::byte> bytes(int column) const;

private:
    void require(int code) const;

    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
};

/// Rolls back unless commit() was called.
class Transaction {
public:
    enum class Kind {
        Read,  ///< all that is read is of one moment
        Write
    };
    Transaction(Database& database, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

private:
    Database& database_;
    bool open_ = true;
};

}  // namespace dinoscope
