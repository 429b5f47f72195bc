package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.DataException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes sure that what was read can be walked through: bounded depth, nothing inside itself. */
final class PickleShape {

  private static final int DEEPEST = 100;

  /** On the way down to the present place. */
  private static final int OPEN = -1;

  private final IdentityHashMap<Object, Integer> heights = new IdentityHashMap<>();
  private final Deque<Level> path = new ArrayDeque<>();

  /** A container whose parts are being walked through. */
  private static final class Level {
    final Object container;
    final Iterator<?> parts;
    int height = 1;

    Level(Object container, Iterator<?> parts) {
      this.container = container;
      this.parts = parts;
    }
  }

  private PickleShape() {}

  /** Without recursion, which hostile depth would end badly. */
  static void check(@Nullable Object root) {
    PickleShape shape = new PickleShape();
    shape.enter(root);
    while (!shape.path.isEmpty()) {
      Level level = shape.path.element();
      if (level.parts.hasNext()) {
        shape.enter(level.parts.next());
      } else {
        shape.leave(shape.path.remove());
      }
    }
  }

  private void enter(@Nullable Object value) {
    Collection<?> parts =
        value instanceof Map<?, ?> map
            ? map.values()
            : value instanceof List<?> list ? list : List.of();
    if (value == null || parts.isEmpty()) {
      return;
    }
    Integer known = heights.get(value);
    if (known == null) {
      heights.put(value, OPEN);
      path.push(new Level(value, parts.iterator()));
      checkDepth(path.size());
    } else if (known == OPEN) {
      throw new DataException("holds a list or dict that contains itself");
    } else {
      raise(known);
    }
  }

  private void leave(Level level) {
    heights.put(level.container, level.height);
    raise(level.height);
  }

  private void raise(int childHeight) {
    Level parent = path.peek();
    if (parent != null) {
      parent.height = Math.max(parent.height, childHeight + 1);
      checkDepth(parent.height);
    }
  }

  private static void checkDepth(int depth) {
    if (depth > DEEPEST) {
      throw new DataException("nests lists and dicts more than %d deep", DEEPEST);
    }
  }
}
