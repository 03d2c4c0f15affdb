#include <utility>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/native_canvas.h"
#include "cpu/omp.h"
#include "infer/enlarge.h"
#include "tensor.h"

namespace evensr {
namespace {

constexpr int64_t kMaxSide = 1 << 24;

int64_t bytesOf(const CanvasSpec& spec) {
  return int64_t{4} * spec.channels * spec.capacity * spec.width;
}

RowLoop loopOf(AddonData& addon) {
  const ThreadTeam team(addon.pool(), availableThreads());
  return {team.threads(), [team](int count, const std::function<void(int, int)>& body) {
            team.forEach(count, body);
          }};
}

// `alpha`: null for a tile of colours, else what the tile was made of.
void addSource(const Napi::Value& value, const Shape& result, TilePlacement& placement) {
  placement.alpha = !value.IsNull();
  if (!placement.alpha) return;
  placement.source = float32Array(value, "placement.alpha");
  if (placement.source.empty()) throw CodedError("E_SHAPE", "placement.alpha is empty");
  int scale = 1;
  while (result.plane() > placement.source.size() * scale * scale) scale++;
  if (result.h % scale != 0 || result.w % scale != 0 ||
      result.plane() != placement.source.size() * scale * scale) {
    throw CodedError("E_SHAPE", "placement.alpha does not fit the tile's sides");
  }
  placement.scale = scale;
}

Shape resultShape(const Napi::Value& value) {
  const auto object = objectValue(value, "shape");
  const auto side = [&](const char* name) {
    return static_cast<int>(integerBetween(object.Get(name), 1, kMaxSide, name));
  };
  return {side("batch"), 3, side("height"), side("width")};
}

Napi::Value createCanvas(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto options = objectValue(call[0], "options");
    const auto number = [&](const char* name, int64_t low, int64_t high) {
      return static_cast<int>(integerBetween(options.Get(name), low, high, name));
    };
    CanvasSpec spec;
    spec.channels = number("channels", 1, 4);
    spec.depth = number("depth", 8, 16);
    if (spec.depth != 8 && spec.depth != 16) {
      throw Napi::RangeError::New(env, "expected depth to be 8 or 16");
    }
    spec.height = number("height", 1, kMaxSide);
    spec.width = number("width", 1, kMaxSide);
    spec.outHeight = number("outHeight", 1, kMaxSide);
    spec.outWidth = number("outWidth", 1, kMaxSide);
    spec.capacity = number("capacity", 1, spec.height);
    return NativeCanvas::create(env, std::make_shared<Canvas>(spec));
  });
}

// (sr, {batch, height, width}, placements)
Napi::Value placeTiles(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const Shape shape = resultShape(call[1]);
    auto sr = std::make_shared<std::vector<float>>(float32Array(call[0], "sr"));
    if (sr->size() != shape.elements()) throw CodedError("E_SHAPE", "sr does not fill its shape");
    AddonData& addon = AddonData::of(env);
    return runAsync<bool>(
        env, LaneId::degrade,
        [&addon, sr, tiles = placedTiles(call[2], shape)] {
          placeAll(tiles, sr->data(), loopOf(addon));
          return true;
        },
        [](Napi::Env e, bool&) { return e.Undefined(); });
  });
}

// (lq, {batch, height, width}, scale, placements): bicubic interpolation instead of a network.
Napi::Value interpolateInto(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const Shape from = resultShape(call[1]);
    const int scale = static_cast<int>(integerBetween(call[2], 1, 16, "scale"));
    auto lq = std::make_shared<std::vector<float>>(float32Array(call[0], "lq"));
    if (lq->size() != from.elements()) throw CodedError("E_SHAPE", "lq does not fill its shape");
    const Shape to{from.n, 3, from.h * scale, from.w * scale};
    AddonData& addon = AddonData::of(env);
    return runAsync<bool>(
        env, LaneId::degrade,
        [&addon, lq, from, to, tiles = placedTiles(call[3], to)] {
          const RowLoop loop = loopOf(addon);
          FloatArray sr(to.elements());
          enlarge(lq->data(), from, sr.data(), to, loop);
          placeAll(tiles, sr.data(), loop);
          return true;
        },
        [](Napi::Env e, bool&) { return e.Undefined(); });
  });
}

}  // namespace

void NativeCanvas::define(Napi::Env env) {
  const auto constructor = DefineClass(env, kName,
                                       {InstanceMethod<&NativeCanvas::take>("take"),
                                        InstanceMethod<&NativeCanvas::dispose>("dispose")});
  AddonData::of(env).constructors[kName] = Napi::Persistent(constructor);
}

// V8 is told of the memory: it would otherwise see a small object and collect it far too late.
Napi::Value NativeCanvas::create(Napi::Env env, std::shared_ptr<Canvas> canvas) {
  const Napi::Object object = AddonData::of(env).constructors.at(kName).New({});
  Napi::MemoryManagement::AdjustExternalMemory(env, bytesOf(canvas->spec()));
  Unwrap(object)->canvas_ = std::move(canvas);
  return object;
}

NativeCanvas::NativeCanvas(const Napi::CallbackInfo& call) : ObjectWrap(call) {
  napi_type_tag_object(call.Env(), call.This(), &kTag);
}

NativeCanvas::~NativeCanvas() { release(); }

void NativeCanvas::release() {
  if (!canvas_) return;
  int64_t now = 0;
  napi_adjust_external_memory(Env(), -bytesOf(canvas_->spec()), &now);
  canvas_.reset();
}

std::shared_ptr<Canvas> NativeCanvas::canvas() const {
  if (!canvas_) throw CodedError("E_DISPOSED", "this canvas was disposed");
  return canvas_;
}

Napi::Value NativeCanvas::take(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto canvas = this->canvas();
    const int finished =
        static_cast<int>(integerBetween(call[0], 0, canvas->spec().height, "finished"));
    AddonData& addon = AddonData::of(env);
    return runAsync<std::vector<uint8_t>>(
        env, LaneId::degrade,
        [&addon, canvas, finished] { return canvas->take(finished, loopOf(addon)); },
        [depth = canvas->spec().depth](Napi::Env e, std::vector<uint8_t>& rows) -> Napi::Value {
          auto buffer = Napi::ArrayBuffer::New(e, rows.size());
          std::copy(rows.begin(), rows.end(), static_cast<uint8_t*>(buffer.Data()));
          if (depth == 8) return Napi::Uint8Array::New(e, rows.size(), buffer, 0);
          return Napi::Uint16Array::New(e, rows.size() / 2, buffer, 0);
        });
  });
}

void NativeCanvas::dispose(const Napi::CallbackInfo&) { release(); }

PlacedTiles placedTiles(const Napi::Value& value, const Shape& result) {
  if (!value.IsArray() || value.As<Napi::Array>().Length() != static_cast<uint32_t>(result.n)) {
    throw CodedError("E_SHAPE", "expected one placement for each sample");
  }
  PlacedTiles tiles;
  for (uint32_t i = 0; i < static_cast<uint32_t>(result.n); i++) {
    const auto object = objectValue(value.As<Napi::Array>().Get(i), "placement");
    PlacedTile tile;
    tile.canvas = unwrapAs<NativeCanvas>(object.Get("canvas"), "placement.canvas").canvas();
    const auto origin = [&](const char* name) {
      return static_cast<int>(integerBetween(object.Get(name), -kMaxSide, kMaxSide, name));
    };
    tile.placement.top = origin("top");
    tile.placement.left = origin("left");
    tile.placement.rows = float32Array(object.Get("rows"), "placement.rows");
    tile.placement.columns = float32Array(object.Get("columns"), "placement.columns");
    if (tile.placement.rows.size() != static_cast<size_t>(result.h) ||
        tile.placement.columns.size() != static_cast<size_t>(result.w)) {
      throw CodedError("E_SHAPE", "the weights of a placement do not fill the tile's sides");
    }
    addSource(object.Get("alpha"), result, tile.placement);
    tiles.push_back(std::move(tile));
  }
  return tiles;
}

void placeAll(const PlacedTiles& tiles, const float* sr, const RowLoop& loop) {
  for (const auto& [canvas, placement] : tiles) {
    canvas->place(sr, placement, loop);
    sr += 3 * placement.rows.size() * placement.columns.size();
  }
}

RowLoop teamLoop() {
  return {1, [](int count, const std::function<void(int, int)>& body) {
            parallelRange(count, [&](size_t begin, size_t end, size_t) {
              for (size_t i = begin; i < end; i++) body(static_cast<int>(i), 0);
            });
          }};
}

void exportCanvas(Napi::Env env, Napi::Object exports) {
  NativeCanvas::define(env);
  exports["createCanvas"] = Napi::Function::New(env, createCanvas, "createCanvas");
  exports["placeTiles"] = Napi::Function::New(env, placeTiles, "placeTiles");
  exports["interpolateInto"] = Napi::Function::New(env, interpolateInto, "interpolateInto");
}

}  // namespace evensr
