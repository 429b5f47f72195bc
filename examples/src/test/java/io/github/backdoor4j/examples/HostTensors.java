package io.github.backdoor4j.examples;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Finds methods that make a tensor in host memory and do not hand it to a device.
 *
 * <p>Byte code as it is read here tells calls and their lines, not where values go. So each tensor
 * made must be matched by a hand-over of its own: a call that places a tensor, from the line before
 * on (the outer call of an expression may stand there); or one that takes its values to Java, in
 * the same statement. Methods that make a tensor for their callers count as making one where they
 * are called.
 *
 * @param handedOn methods whose callers place what they return, as {@code Type.method}
 * @param excused methods that are not looked at
 */
record HostTensors(Collection<String> handedOn, Collection<String> excused) {

  private static final String ENGINE = "org.bytedeco.pytorch";

  /** The project's own functions that make tensors in host memory, or read them from files. */
  private static final Set<String> HELPERS =
      Set.of(
          "Tensors.ofBytes",
          "Tensors.ofLongs",
          "Tensors.ofFloats",
          "Tensors.uniform",
          "Tensors.integers",
          "Initializer.draw",
          "PillowResize.bilinear",
          "KeptTensors.get");

  private static final int STATEMENT = 2; // lines

  /** Each violation as {@code Type.method}, a space, and what was made where. */
  List<String> violations(JavaClasses classes) {
    return codeUnits(classes)
        .filter(unit -> !handedOn.contains(name(unit)) && !HELPERS.contains(name(unit)))
        .filter(unit -> !excused.contains(name(unit)))
        .flatMap(unit -> leftInHostMemory(unit).stream())
        .sorted()
        .toList();
  }

  /** Whether a method makes a tensor at all. */
  boolean makesSomething(JavaClasses classes, String method) {
    return codeUnits(classes)
        .filter(unit -> name(unit).equals(method))
        .anyMatch(unit -> !made(unit).isEmpty());
  }

  private static java.util.stream.Stream<JavaCodeUnit> codeUnits(JavaClasses classes) {
    return classes.stream()
        .filter(type -> !type.getSimpleName().equals("Tensors")) // the helpers themselves
        .flatMap(type -> type.getCodeUnits().stream());
  }

  /** Outer types of nested ones are left out. */
  static String name(JavaCodeUnit unit) {
    return unit.getOwner().getSimpleName() + "." + unit.getName();
  }

  private List<String> leftInHostMemory(JavaCodeUnit unit) {
    List<Integer> places = lines(unit, HostTensors::places);
    List<Integer> reads = lines(unit, HostTensors::reads);
    List<String> left = new ArrayList<>();
    for (JavaAccess<?> maker : made(unit)) {
      int line = maker.getLineNumber();
      if (!matched(reads, line, line + STATEMENT) && !matched(places, line, Integer.MAX_VALUE)) {
        left.add(name(unit) + " makes " + maker.getTarget().getName() + " in line " + line);
      }
    }
    return left;
  }

  /** Takes the first hand-over that may belong to a line. */
  private static boolean matched(List<Integer> handOvers, int line, int last) {
    for (int i = 0; i < handOvers.size(); i++) {
      if (handOvers.get(i) >= line - 1 && handOvers.get(i) <= last) {
        handOvers.remove(i);
        return true;
      }
    }
    return false;
  }

  private List<JavaAccess<?>> made(JavaCodeUnit unit) {
    List<JavaAccess<?>> made = new ArrayList<>();
    unit.getCallsFromSelf().stream().filter(this::makes).forEach(made::add);
    unit.getMethodReferencesFromSelf().stream().filter(this::makes).forEach(made::add);
    made.sort(Comparator.comparingInt(JavaAccess::getLineNumber));
    return made;
  }

  private static List<Integer> lines(
      JavaCodeUnit unit, java.util.function.Predicate<JavaAccess<?>> wanted) {
    List<Integer> lines = new ArrayList<>();
    unit.getCallsFromSelf().stream()
        .filter(wanted)
        .map(JavaAccess::getLineNumber)
        .sorted()
        .forEach(lines::add);
    return lines;
  }

  /**
   * Calls that give a tensor without being given one, other than on a device that they are told.
   */
  private boolean makes(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getSimpleName();
    String method = access.getTarget().getName();
    String name = owner + "." + method;
    if (HELPERS.contains(name) || handedOn.contains(name)) {
      return !returns(access).isArray(); // some have a twin for arrays
    }
    return access.getTargetOwner().getName().startsWith(ENGINE)
        && (owner.equals("torch") || method.equals("create"))
        && returns(access).getSimpleName().equals("Tensor")
        && arguments(access).noneMatch(HostTensors::tellsWhere);
  }

  private static boolean tellsWhere(JavaClass argument) {
    String type = argument.getSimpleName();
    return type.matches("IValue|DeviceOptional|Tensor(?!Options).*");
  }

  private static JavaClass returns(JavaAccess<?> access) {
    return ((com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget) access.getTarget())
        .getRawReturnType();
  }

  private static java.util.stream.Stream<JavaClass> arguments(JavaAccess<?> access) {
    return ((com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget) access.getTarget())
        .getRawParameterTypes().stream();
  }

  private static boolean places(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getSimpleName();
    return switch (access.getTarget().getName()) {
      case "place" -> owner.equals("ComputeDevice");
      case "copy_" -> owner.equals("Tensor"); // into a tensor that stays where it is
      case "to", "on" ->
          arguments(access)
              .map(JavaClass::getSimpleName)
              .anyMatch(Set.of("ComputeDevice", "Device", "Tensor")::contains);
      default -> false;
    };
  }

  private static boolean reads(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getSimpleName();
    String method = access.getTarget().getName();
    return owner.equals("Tensors")
        ? method.matches("to(Longs|Floats|Doubles|Bytes)|sha256")
        : owner.equals("Tensor") && method.startsWith("item_");
  }
}
