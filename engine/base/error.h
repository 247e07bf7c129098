#pragma once

#include <exception>
#include <string>

namespace dinoscope {

/// A failure told as a sentence: what failed, where (file, key or value), and what the user can do about it.
/// Thrown inside the engine and translated once, at the job boundary or in main().
class Error : public std::exception {
public:
    /// `what` and `remedy` are clauses without capital or full stop; `where` is a path, an option or a value.
    explicit Error(std::string what, std::string where = {}, std::string remedy = {});

    const std::string& problem() const { return problem_; }
    const std::string& where() const { return where_; }
    const std::string& remedy() const { return remedy_; }

    /// "where: problem; remedy"
    const char* what() const noexcept override { return sentence_.c_str(); }

private:
    std::string problem_;
    std::string where_;
    std::string remedy_;
    std::string sentence_;
};

/// A wrong option name or value: the command line exits with 2 instead of 1.
class UsageError : public Error {
public:
    using Error::Error;
};

/// Thrown by JobControl::poll() once a job was cancelled. Not an Error: being cancelled is an outcome.
class Cancelled : public std::exception {
public:
    const char* what() const noexcept override { return "cancelled"; }
};

/// Turns whatever is being handled into an Error: an Error stays itself, running out of memory gets a remedy,
/// anything else keeps its message. Call only inside a catch block.
Error currentError();

}  // namespace dinoscope
