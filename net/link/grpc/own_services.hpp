// OWN SERVICES: servers that offer what they were given, and nothing else.
#pragma once

#include <grpcpp/impl/server_builder_option.h>

namespace troupe {

/// The library of reflection adds its service, and threads for it, to every server of the process that links it. With this option a
/// server has what was registered, and this plugin alone, if there is one.
class own_services final : public grpc::ServerBuilderOption {
public:
  explicit own_services(std::unique_ptr<grpc::ServerBuilderPlugin> but = nullptr) : but_{std::move(but)} {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
    if (but_)
      plugins->push_back(std::move(but_));
  }

private:
  std::unique_ptr<grpc::ServerBuilderPlugin> but_;
};

} // namespace troupe
