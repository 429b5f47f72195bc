package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.PickleReader;
import io.github.backdoor4j.core.record.PickleReader.Global;
import io.github.backdoor4j.core.record.PickleValues;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the pickle of a PyTorch file may name: tensors, containers, and nothing that acts. */
final class TorchGlobals {

  private static final Map<String, Global> KNOWN =
      Map.of(
          "torch._utils._rebuild_tensor_v2",
          TorchTensor::rebuild,
          "torch._utils._rebuild_tensor",
          TorchTensor::rebuild,
          "torch._utils._rebuild_parameter",
          arguments -> first(arguments),
          "torch._utils._rebuild_parameter_with_state",
          arguments -> first(arguments),
          "torch.Size",
          arguments -> first(arguments),
          "collections.OrderedDict",
          new Attributes(),
          "argparse.Namespace",
          new Attributes(),
          "types.SimpleNamespace",
          new Attributes());

  private TorchGlobals() {}

  /**
   * The allow-list.
   *
   * @param skipOthers whether whatever else is named becomes an empty stand-in instead of an error
   */
  static PickleReader.Globals allowing(boolean skipOthers) {
    PickleReader.Globals known =
        ((PickleReader.Globals) TorchGlobals::find).or(PickleReader.numpy());
    return skipOthers
        ? known.or((module, name) -> Optional.of(new Skipped(module + "." + name)))
        : known;
  }

  private static Optional<Global> find(String module, String name) {
    if (module.equals("torch")) {
      TorchStorageType type = TorchStorageType.BY_NAME.get(name);
      if (type != null) {
        return Optional.of(type);
      }
    }
    return Optional.ofNullable(KNOWN.get(module + "." + name));
  }

  private static Object first(List<Object> arguments) {
    if (arguments.isEmpty()) {
      throw new DataException("makes a parameter of nothing");
    }
    return arguments.get(0);
  }

  /** A dict with attributes: both are entries of one map. */
  private static final class Attributes implements Global {

    @Override
    public Object call(List<Object> arguments) {
      Map<Object, Object> map = new LinkedHashMap<>();
      if (!arguments.isEmpty()) { // OrderedDict of pairs, as Python 2 wrote it
        for (Object pair : PickleValues.list(arguments.get(0), "the items of a dict")) {
          List<Object> item = PickleValues.list(pair, 2, "an item of a dict");
          map.put(PickleValues.text(item.get(0), "a key"), item.get(1));
        }
      }
      return map;
    }

    /** A state dictionary's {@code _metadata} and the like say nothing of its tensors. */
    @Override
    public void build(Object made, @Nullable Object state) {
      // attributes of an OrderedDict are no entries, and a namespace's are of no use here
    }
  }

  /**
   * Stands for an object that is not read. Nothing is executed to make it.
   *
   * @param name of its class or function
   */
  record Skipped(String name) implements Global {

    @Override
    public Object call(List<Object> arguments) {
      return this;
    }

    @Override
    public void build(Object made, @Nullable Object state) {
      // whatever it would be set to is not read either
    }
  }
}
