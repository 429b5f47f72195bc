package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Registries;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The jar that the plug-in's own build has made, on a class path beside Backdoor4J. */
class PluginIT {

  private static final Path JAR =
      Path.of(System.getProperty("plugin.folder"), "acme-backdoor-1.0.jar");

  @Test
  void registries_findThePlugin() throws IOException {
    URL[] jars = {JAR.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(jars, getClass().getClassLoader())) {
      Registries registries = Registries.load(loader);

      PoisoningStrategy<?> attack = registries.attacks().get("acme.checkerboard");
      DefenseStrategy<?> defense = registries.defenses().get("acme.blur-check");

      assertThat(registries.attacks().originOf(attack)).contains("acme-backdoor-1.0.jar");
      assertThat(registries.defenses().originOf(defense)).contains("acme-backdoor-1.0.jar");
    }
  }

  @Test
  void commandLine_listsThePlugin() throws IOException, InterruptedException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath + File.pathSeparator + JAR,
                "io.github.backdoor4j.eval.Backdoor4j",
                "list",
                "--json")
            .redirectErrorStream(true)
            .start();

    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(output)
        .contains("\"acme.checkerboard\"")
        .contains("\"acme.blur-check\"")
        .contains("\"badnets\"");
    assertThat(process.exitValue()).isZero();
  }
}
