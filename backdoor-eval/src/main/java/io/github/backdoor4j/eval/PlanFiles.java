package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Plans as YAML, of which JSON is a part. */
final class PlanFiles {

  private static final YAMLMapper YAML =
      Json.<YAMLMapper, YAMLMapper.Builder>configure(
              YAMLMapper.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS))
          .build();

  private PlanFiles() {}

  /**
   * The tree in a file.
   *
   * @throws DataException if it cannot be read or is not YAML
   */
  static ObjectNode read(Path file) {
    try {
      return parse(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new DataException(e, "plan file %s does not exist", file);
    } catch (IOException e) {
      throw new DataException(e, "plan file %s cannot be read: %s", file, e);
    }
  }

  /** The tree in a text; an empty text is an empty tree. */
  static ObjectNode parse(String text, String origin) {
    try {
      JsonNode tree = YAML.readTree(text);
      if (tree.isMissingNode() || tree.isNull()) {
        return PlanTrees.empty();
      }
      if (tree instanceof ObjectNode object) {
        return object;
      }
      throw new DataException("%s must hold 'name: value' pairs, but holds %s", origin, tree);
    } catch (JsonProcessingException e) {
      String place = e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
      throw new DataException(
          e, "%s is no valid YAML%s: %s", origin, place, e.getOriginalMessage().strip());
    }
  }

  /** The YAML of a plan with every option of every method, which reads back as the same plan. */
  static String write(Resolved resolved) {
    ObjectNode tree = (ObjectNode) Json.tree(resolved.plan);
    tree.set("model", method(resolved.model));
    tree.set("training", Json.tree(resolved.training));
    tree.set("attack", method(resolved.attack));
    tree.putArray("defenses").addAll(resolved.defenses.stream().map(PlanFiles::method).toList());
    try {
      return YAML.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree always has a YAML form", e);
    }
  }

  private static JsonNode method(Bound<?> bound) {
    ObjectNode node = PlanTrees.empty().put("id", bound.id());
    return node.set("options", bound.optionTree());
  }
}
