package io.github.backdoor4j.core.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Expected numbers made by the Python scripts beside them. */
final class References {

  private References() {}

  static JsonNode torchTraining() throws IOException {
    String name = "/torch_training_reference.json";
    try (InputStream json = References.class.getResourceAsStream(name)) {
      return Json.mapper().readTree(Objects.requireNonNull(json, name));
    }
  }
}
