package io.github.backdoor4j.core.spi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a defense found on the way: numbers and figures for the record and the report.
 *
 * @param numbers by name, in snake_case; finite
 * @param figures pictures of what was done
 * @param notes sentences a reader of the result must know
 */
public record Evidence(Map<String, Double> numbers, List<Figure> figures, List<String> notes) {

  /** Nothing to show. */
  public static final Evidence NONE = new Evidence(Map.of(), List.of(), List.of());

  public Evidence {
    numbers = new LinkedHashMap<>(numbers);
    figures = List.copyOf(figures);
    notes = List.copyOf(notes);
  }
}
