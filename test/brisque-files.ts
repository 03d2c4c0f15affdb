/** OpenCV's BRISQUE files in small, for tests. */

/** Two support vectors: all 0 and all 0.5; ranges from 0 to 2. */
export function brisqueTexts() {
  const list = (value: string) => Array(36).fill(value).join(', ');
  const model = `%YAML:1.0
---
opencv_ml_svm:
   svmType: EPS_SVR
   kernel:
      type: RBF
      gamma: 5.0e-02
   var_count: 36
   sv_total: 2
   support_vectors:
      - [ ${list('0.')} ]
      - [ ${list('5.0e-01')} ]
   decision_functions:
      -
         sv_count: 2
         rho: -3.0e+01
         alpha: [ 10., -4. ]
`;
  const range = `%YAML:1.0
---
range: !!opencv-matrix
   rows: 2
   cols: 36
   dt: f
   data: [ ${list('0.')},
       ${list('2.')} ]
`;
  return { model, range };
}
