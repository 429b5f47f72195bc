package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.DataException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The working memory of a pickle: a stack with marks, and remembered values by number. */
final class PickleStack {

  /** Far more than any data set or network has; some 400 MB of Java objects. */
  private static final int MOST_OBJECTS = 4_000_000;

  private static final int MOST_MARKS = 1000;

  private final List<@Nullable Object> values = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, @Nullable Object> memo = new HashMap<>();
  private int pushed;

  void push(@Nullable Object value) {
    pushed++;
    if (pushed > MOST_OBJECTS) {
      throw new DataException("holds more than %,d objects: it was made to do harm", MOST_OBJECTS);
    }
    values.add(value);
  }

  @Nullable Object pop() {
    checkHolds(1);
    return values.remove(values.size() - 1);
  }

  @Nullable Object top() {
    checkHolds(1);
    return values.get(values.size() - 1);
  }

  /** The topmost values, in the order in which they were pushed. */
  List<@Nullable Object> pop(int count) {
    checkHolds(count);
    return take(values.size() - count);
  }

  void mark() {
    if (marks.size() == MOST_MARKS) {
      throw new DataException("nests more than %d marks: it was made to do harm", MOST_MARKS);
    }
    marks.add(values.size());
  }

  /** Everything above the last mark, which goes with it. */
  List<@Nullable Object> popToMark() {
    if (marks.isEmpty()) {
      throw new DataException("lacks a mark: it is damaged");
    }
    return take(marks.remove(marks.size() - 1));
  }

  void remember(long number) {
    memo.put(number, top());
  }

  void rememberNext() {
    remember(memo.size());
  }

  @Nullable Object recall(long number) {
    if (!memo.containsKey(number)) {
      throw new DataException("recalls value %d before it was remembered: it is damaged", number);
    }
    return memo.get(number);
  }

  /** The last value; the stack must be empty then. */
  @Nullable Object finish() {
    Object last = pop();
    if (!values.isEmpty() || !marks.isEmpty()) {
      throw new DataException("ends with %d values too many: it is damaged", values.size());
    }
    return last;
  }

  private List<@Nullable Object> take(int from) {
    List<@Nullable Object> above = values.subList(from, values.size());
    List<@Nullable Object> taken = new ArrayList<>(above);
    above.clear();
    return taken;
  }

  private void checkHolds(int count) {
    int bottom = marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    if (values.size() - bottom < count) {
      throw new DataException("uses a value that is not there: it is damaged");
    }
  }
}
