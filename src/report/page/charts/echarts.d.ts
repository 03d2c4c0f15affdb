declare module 'echarts/dist/echarts.esm.min.mjs' {
  export const init: typeof import('echarts').init;
}
