#pragma once
/// What does the work of one kind of job.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/context.h"
#include "jobs/job.h"

namespace granary::jobs {

/// One turn at a job, as its handler sees it. Safe for concurrent use.
class Turn {
 public:
  virtual ~Turn() = default;
  virtual const Job& job() const noexcept = 0;
  /// How far it is. Cheap: the runner stores the newest once a second.
  virtual void progress(std::int64_t done, std::int64_t total, std::string message) = 0;
  /// What came of it, as JSON, for who waits for the job: a few numbers; more than kLongestResult is not
  /// kept.
  virtual void result(std::string json) = 0;
  /// The error that run() is about to return is this node's, which lacks something that others may have: they
  /// get the job, the attempt does not count, and this node leaves the kind's jobs of that source alone for
  /// a while.
  virtual void unable() = 0;
};

/// One per kind; several of its jobs may run at a time.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual std::string_view kind() const noexcept = 0;
  /// Hours, as a rule: such jobs leave a worker of each node to the others, where there is more than one.
  virtual bool takes_long() const noexcept { return false; }
  /// Must be safe to run again after dying at any line, and must look at the context often: its stop fires
  /// when the job was cancelled, the node drains, or the lease is lost. What it logs (ctx.log(), info and
  /// above) is kept with the job. An error is retried unless is_permanent() (jobs/policy.h).
  virtual Result<> run(const Context&, Turn&) = 0;
};

}  // namespace granary::jobs
