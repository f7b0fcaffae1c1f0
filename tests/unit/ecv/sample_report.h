// A report with every field set, for the tests of its codec and its readers.
#pragma once

#include "ecv/report.h"

namespace ecv_test {

inline ecv::Report sample_report() {
  ecv::Report r;
  r.pool = "main";
  r.site = "site1";
  r.instance = "host:4711";
  r.boot_id = 0xFFFFFFFFFFFFFFFFULL;
  r.seq = 7;
  r.epoch = ecv::Epoch::make(5, 1);
  r.max_epoch_seen = ecv::Epoch::make(6, 2);
  r.state = ecv::PoolState::kActive;
  r.pool_status = ecv::PoolStatus::kWarn;
  r.eligible = true;
  r.lease_ms = 1750;
  r.fence = ecv::FenceKind::kSoft;
  r.guard = "process";
  r.checkpoints = {2, 3, 2, "WAN"};
  r.nodes = {{"db1", ecv::NodeState::kActive, ecv::NodeStatus::kOkInfo, false, "", "", std::nullopt, "1-1-9", 0},
             {"db2", ecv::NodeState::kFailedOnline, ecv::NodeStatus::kFail, std::nullopt, "Connecting", "Yes", 1200,
              "1-1-8", 4, "heartbeat"}};
  r.peer = {120, ecv::Epoch::make(4, 2), "STANDBY"};
  r.arbiter = "checkpoints";
  r.config_hash = "00ff";
  r.server_time = "2026-11-22T02:21:47.123Z";
  r.guard_armed = true;
  r.target = "site2";
  r.semi_sync = "degraded";
  r.semi_sync_replicas = 2;
  r.service = "down";
  r.service_at = "192.0.2.11@3306";
  r.errant = "0-1-7..9";
  return r;
}

}  // namespace ecv_test
