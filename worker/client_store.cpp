#include "worker/client_store.hpp"

namespace cohort {

const ClientRecord& ClientStore::committed(ClientId client) const {
  const auto it = slots_.find(client);
  return it == slots_.end() ? fresh_ : it->second.record;
}

ClientStore::Slot& ClientStore::slot(ClientId client) {
  auto [it, is_new] = slots_.try_emplace(client);
  if (is_new) it->second.record = fresh_;
  return it->second;
}

void ClientStore::hold(ClientId client, Tentative tentative) {
  slot(client).tentative = std::move(tentative);
}

void ClientStore::settle(const std::vector<Settlement>& settled) {
  for (const Settlement& s : settled) {
    const auto it = slots_.find(s.client);
    if (it == slots_.end() || !it->second.tentative) continue;
    Slot& client = it->second;
    if (s.accepted == client.tentative->id) {
      if (!client.tentative->method.empty()) {
        client.record.method = std::move(client.tentative->method);
      }
      if (method_->commits_sent()) {
        method_->commit(client.record.method, client.tentative->sent);
      }
      if (client.tentative->pipeline) {
        client.record.pipeline = std::move(*client.tentative->pipeline);
      }
      if (client.tentative->attack) client.record.attack = std::move(*client.tentative->attack);
      client.changed = true;
    }
    client.tentative.reset();
  }
}

std::vector<ClientId> ClientStore::present() const {
  std::vector<ClientId> clients;
  for (const auto& [client, slot] : slots_) clients.push_back(client);
  std::sort(clients.begin(), clients.end());
  return clients;
}

std::vector<std::byte> ClientStore::save(bool complete) {
  std::vector<ClientId> wanted;
  for (const ClientId client : present()) {
    if (complete || slots_.at(client).changed) wanted.push_back(client);
  }
  std::vector<std::byte> out;
  Writer writer(out);
  writer.put(static_cast<std::uint64_t>(wanted.size()));
  for (const ClientId client : wanted) {
    Slot& s = slots_.at(client);
    writer.put(client);
    writer.put(s.record);
    s.changed = false;
  }
  return out;
}

Result<void> ClientStore::load(std::span<const std::byte> in, IdRange range) {
  Reader reader(in);
  std::uint64_t count = 0;
  reader("clients", count);
  for (std::uint64_t i = 0; i < count; ++i) {
    ClientId client;
    reader("client", client);
    ClientRecord record = start_();
    reader("record", record);
    COHORT_DO(reader.status());
    if (client.value >= range.first && client.value < range.last) {
      slot(client).record = std::move(record);
    }
  }
  return reader.finished();
}

}  // namespace cohort
