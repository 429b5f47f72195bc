package io.github.backdoor4j.core.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Option groups that come in kinds, such as the optimiser: sealed interfaces of records. */
final class OptionKinds {

  /** Names the kind in the tree. */
  static final String PROPERTY = "kind";

  private OptionKinds() {}

  /** Whether a component of this type comes in kinds. */
  static boolean has(Class<?> declared) {
    JsonTypeInfo info = declared.getAnnotation(JsonTypeInfo.class);
    return info != null
        && info.property().equals(PROPERTY)
        && declared.isAnnotationPresent(JsonSubTypes.class);
  }

  /** The records by kind, in the order of declaration. */
  static Map<String, Class<?>> of(Class<?> declared) {
    Map<String, Class<?>> kinds = new LinkedHashMap<>();
    JsonSubTypes types = declared.getAnnotation(JsonSubTypes.class);
    if (types != null) {
      Arrays.stream(types.value()).forEach(type -> kinds.put(type.name(), type.value()));
    }
    return kinds;
  }

  /** The kinds, for people. */
  static String names(Class<?> declared) {
    return String.join(" | ", of(declared).keySet());
  }
}
