#pragma once

#include <string_view>

namespace hwcsync::compose {

// "rslave" and its like.
[[nodiscard]] bool is_propagation(std::string_view option);

// Whether Compose's long form can say this option, so that the provider passes it on.
[[nodiscard]] bool is_provider_option(std::string_view option);

}  // namespace hwcsync::compose
