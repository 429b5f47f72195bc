package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The settings that a plan falls back on, as resources in the form of a plan file. A preset may
 * also have {@code methods}: options by method id, used where the plan does not set them.
 */
final class Presets {

  /** Names of the presets, the first being the default on a CPU. */
  static final List<String> NAMES = List.of("quick", "benchmark");

  private Presets() {}

  /** The preset for a device if nobody named one. */
  static String forDevice(boolean cuda) {
    return cuda ? "benchmark" : "quick";
  }

  /**
   * The tree of a preset.
   *
   * @throws UsageException if there is none of that name
   */
  static ObjectNode tree(String name) {
    if (!NAMES.contains(name)) {
      throw new UsageException(
          "there is no preset '%s'. Known, nearest first: %s.",
          name, String.join(", ", Names.nearest(name, NAMES)));
    }
    return preset(name);
  }

  /** What {@code quickstart} runs. */
  static ObjectNode quickstart() {
    return preset("quickstart");
  }

  /** What {@code selftest} does with a kind of method, {@code attacks}. */
  static ObjectNode selfTest(String kind) {
    return resource("/selftest/" + kind + ".yaml");
  }

  private static ObjectNode preset(String name) {
    return resource("/presets/" + name + ".yaml");
  }

  private static ObjectNode resource(String file) {
    try (InputStream in = Presets.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("resource " + file + " is missing");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return PlanFiles.parse(text, "resource " + file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
