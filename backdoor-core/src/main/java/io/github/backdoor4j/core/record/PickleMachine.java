package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.PickleReader.Global;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Follows the instructions of one pickle. */
final class PickleMachine {

  private static final int NEWEST_PROTOCOL = 5;

  private final PickleInput in;
  private final PickleReader.Globals globals;
  private final PickleReader.PersistentIds persistentIds;
  private final PickleStack stack = new PickleStack();

  /** Who made an object, to hand it its state later. */
  private final IdentityHashMap<Object, Global> makers = new IdentityHashMap<>();

  PickleMachine(
      PickleInput in, PickleReader.Globals globals, PickleReader.PersistentIds persistentIds) {
    this.in = in;
    this.globals = globals;
    this.persistentIds = persistentIds;
  }

  @Nullable Object run() {
    if (in.isAtEnd() || in.unsigned8() != 0x80) {
      throw new DataException("should begin with 0x80 and the protocol: this is another file");
    }
    protocol();
    for (int code = in.unsigned8(); code != '.'; code = in.unsigned8()) {
      if (!scalar(code) && !container(code) && !memo(code)) {
        object(code);
      }
    }
    return stack.finish();
  }

  private void protocol() {
    int protocol = in.unsigned8();
    if (protocol < 2 || protocol > NEWEST_PROTOCOL) {
      throw new DataException(
          "has protocol %d; 2 to %d can be read. Write it anew with one of these",
          protocol, NEWEST_PROTOCOL);
    }
  }

  private boolean scalar(int code) {
    switch (code) {
      case 'N' -> stack.push(null);
      case 0x88 -> stack.push(true);
      case 0x89 -> stack.push(false);
      case 'J' -> stack.push(in.signed32());
      case 'K' -> stack.push((long) in.unsigned8());
      case 'M' -> stack.push((long) in.unsigned16());
      case 0x8a -> stack.push(in.integer(in.unsigned8()));
      case 0x8b -> stack.push(in.integer(in.signed32()));
      case 'G' -> stack.push(in.float64());
      case 'T' -> stack.push(in.bytes(in.signed32()));
      case 'U', 'C' -> stack.push(in.bytes(in.unsigned8()));
      case 'B' -> stack.push(in.bytes(in.unsigned32()));
      case 0x8e, 0x96 -> stack.push(in.bytes(in.signed64()));
      case 'X' -> stack.push(in.text(in.unsigned32()));
      case 0x8c -> stack.push(in.text(in.unsigned8()));
      case 0x8d -> stack.push(in.text(in.signed64()));
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean container(int code) {
    switch (code) {
      case '(' -> stack.mark();
      case ']', ')', 0x8f -> stack.push(new ArrayList<>());
      case '}' -> stack.push(new LinkedHashMap<>());
      case 'l', 't', 0x91 -> stack.push(stack.popToMark());
      case 0x85, 0x86, 0x87 -> stack.push(stack.pop(code - 0x84));
      case 'd' -> {
        List<@Nullable Object> items = stack.popToMark();
        stack.push(new LinkedHashMap<>());
        putAll(items);
      }
      case 'a' -> append(stack.pop(1));
      case 'e', 0x90 -> append(stack.popToMark());
      case 's' -> putAll(stack.pop(2));
      case 'u' -> putAll(stack.popToMark());
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean memo(int code) {
    switch (code) {
      case 'q' -> stack.remember(in.unsigned8());
      case 'r' -> stack.remember(in.unsigned32());
      case 0x94 -> stack.rememberNext();
      case 'h' -> stack.push(stack.recall(in.unsigned8()));
      case 'j' -> stack.push(stack.recall(in.unsigned32()));
      case '0' -> stack.pop();
      case '1' -> stack.popToMark();
      case '2' -> stack.push(stack.top());
      case 0x95 -> in.signed64(); // a frame: its length only helps to read ahead
      case 0x80 -> protocol();
      default -> {
        return false;
      }
    }
    return true;
  }

  private void object(int code) {
    switch (code) {
      case 'c' -> stack.push(global(in.line(), in.line()));
      case 0x93 -> {
        List<@Nullable Object> names = stack.pop(2);
        stack.push(
            global(
                PickleValues.text(names.get(0), "a module"),
                PickleValues.text(names.get(1), "a class")));
      }
      case 'R', 0x81 -> call(stack.pop(2));
      case 0x92 -> {
        Object named = stack.pop();
        if (!PickleValues.map(named, "named arguments").isEmpty()) {
          throw new DataException("calls with named arguments, which is not expected");
        }
        call(stack.pop(2));
      }
      case 'b' -> build(stack.pop());
      case 'Q' -> stack.push(persistentIds.load(stack.pop()));
      default ->
          throw new DataException(
              "has the instruction 0x%02x, which protocols 2 to %d need for nothing that is read"
                  + " here",
              code, NEWEST_PROTOCOL);
    }
  }

  private Global global(String module, String name) {
    return globals
        .find(module, name)
        .orElseThrow(
            () ->
                new DataException(
                    "names %s.%s, which is not allowed. Nothing of the file was executed",
                    PickleValues.shown(module), PickleValues.shown(name)));
  }

  private void call(List<@Nullable Object> callAndArguments) {
    if (!(callAndArguments.get(0) instanceof Global global)) {
      throw new DataException("calls something that is no class or function: it is damaged");
    }
    Object made = global.call(PickleValues.list(callAndArguments.get(1), "arguments"));
    if (made != null) {
      makers.put(made, global);
    }
    stack.push(made);
  }

  private void build(@Nullable Object state) {
    Object made = stack.top();
    Global maker = made == null ? null : makers.get(made);
    if (made == null || maker == null) {
      throw new DataException("sets the state of something that was not made by a call");
    }
    maker.build(made, state);
  }

  @SuppressWarnings("unchecked") // all lists and maps on the stack are our own
  private void append(List<@Nullable Object> items) {
    if (!(stack.top() instanceof ArrayList)) {
      throw new DataException("appends to something that is no list: it is damaged");
    }
    ((List<Object>) stack.top()).addAll(items);
  }

  @SuppressWarnings("unchecked")
  private void putAll(List<@Nullable Object> items) {
    if (!(stack.top() instanceof LinkedHashMap) || items.size() % 2 != 0) {
      throw new DataException("puts pairs into something that is no dict: it is damaged");
    }
    Map<@Nullable Object, @Nullable Object> map =
        (Map<@Nullable Object, @Nullable Object>) stack.top();
    for (int i = 0; i < items.size(); i += 2) {
      map.put(key(items.get(i)), items.get(i + 1));
    }
  }

  private static @Nullable Object key(@Nullable Object key) {
    if (key instanceof byte[] bytes) { // arrays of Java do not compare by content
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
    if (key == null || key instanceof String || key instanceof Number || key instanceof Boolean) {
      return key;
    }
    throw new DataException("has a dict with a key that is neither text nor number");
  }
}
