package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Options as lines of name and value, nested ones with dots. */
final class OptionList {

  /** One option. */
  record Option(String name, String value) {}

  private OptionList() {}

  static List<Option> of(JsonNode options) {
    List<Option> lines = new ArrayList<>();
    collect("", options, lines);
    return lines;
  }

  private static void collect(String prefix, JsonNode node, List<Option> lines) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String name = prefix + entry.getKey();
      if (entry.getValue().isObject() && !entry.getValue().isEmpty()) {
        collect(name + ".", entry.getValue(), lines);
      } else {
        lines.add(new Option(name, value(entry.getValue())));
      }
    }
  }

  /** Numbers without an exponent and without loss of digits; texts without quotes. */
  private static String value(JsonNode node) {
    if (node.isFloatingPointNumber() && Double.isFinite(node.doubleValue())) {
      BigDecimal exact = new BigDecimal(node.asText()).stripTrailingZeros();
      return exact.scale() > 12 || exact.precision() - exact.scale() > 15
          ? exact.toString()
          : exact.toPlainString();
    }
    return node.isValueNode() ? node.asText() : node.toString();
  }
}
