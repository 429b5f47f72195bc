package io.github.backdoor4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlacesTest {

  private static final Map<String, String> LINUX =
      Map.of("os.name", "Linux", "user.home", "/home/ada");

  private static Path find(
      String kind, Map<String, String> properties, Map<String, String> environment) {
    return Places.find(kind, properties::get, environment::get);
  }

  private static Path path(String text) {
    return Path.of(text).toAbsolutePath();
  }

  @Test
  void linux_followsTheXdgStandard() {
    assertThat(find("cache", LINUX, Map.of())).isEqualTo(path("/home/ada/.cache/backdoor4j"));
    assertThat(find("data", LINUX, Map.of())).isEqualTo(path("/home/ada/.local/share/backdoor4j"));
    Map<String, String> xdg = Map.of("XDG_CACHE_HOME", "/fast", "XDG_DATA_HOME", "relative");
    assertThat(find("cache", LINUX, xdg)).isEqualTo(path("/fast/backdoor4j"));
    assertThat(find("data", LINUX, xdg)).isEqualTo(path("/home/ada/.local/share/backdoor4j"));
  }

  @Test
  void windowsAndMac_haveTheirOwn() {
    Map<String, String> windows = Map.of("os.name", "Windows 11", "user.home", "/users/ada");
    assertThat(find("cache", windows, Map.of("LOCALAPPDATA", "/local")))
        .isEqualTo(path("/local/backdoor4j/cache"));
    assertThat(find("data", windows, Map.of()))
        .isEqualTo(path("/users/ada/AppData/Local/backdoor4j/data"));
    Map<String, String> mac = Map.of("os.name", "Mac OS X", "user.home", "/Users/ada");
    assertThat(find("cache", mac, Map.of()))
        .isEqualTo(path("/Users/ada/Library/Caches/backdoor4j"));
  }

  @Test
  void property_winsOverEnvironment_andThatOverTheUsual() {
    Map<String, String> environment = Map.of("BACKDOOR4J_CACHE", "/env");
    assertThat(find("cache", LINUX, environment)).isEqualTo(path("/env"));
    Map<String, String> both =
        Map.of("os.name", "Linux", "user.home", "/home/ada", "backdoor4j.cache", "/property");
    assertThat(find("cache", both, environment)).isEqualTo(path("/property"));
  }
}
